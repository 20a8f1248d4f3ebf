namespace ClassicBroker.Broker.Api;

/// <summary>A frame whose header has been read and whose handler has been found, or which has been refused.</summary>
/// <param name="Handler">Who answers; null when refused, and for an ApiVersions request in a version we do not know.</param>
/// <param name="Context">What the handler is told beside the fields.</param>
/// <param name="Body">The bytes behind the header.</param>
/// <param name="Refusal">Why the connection has to be closed; null when the request is served.</param>
public readonly record struct OpenedRequest(IRequestHandler? Handler, RequestContext Context, Memory<byte> Body, string? Refusal);
