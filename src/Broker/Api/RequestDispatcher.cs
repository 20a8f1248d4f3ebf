using System.Collections.Frozen;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Finds the handler for a frame and lets it answer. Contains no API, with one exception of the protocol itself: an ApiVersions request in an
/// unknown version is answered in version 0 with UNSUPPORTED_VERSION and our ranges, because the client cannot know them before.
/// Any other unknown key or version closes the connection, as Kafka does. Stateless; shared by all connections.
/// </summary>
public sealed class RequestDispatcher
{
    private readonly FrozenDictionary<short, IRequestHandler> _handlers;
    private readonly ServedApis _served;

    public RequestDispatcher(IEnumerable<IRequestHandler> handlers, ServedApis served)
    {
        _handlers = handlers.ToFrozenDictionary(h => (short)h.ApiKey);
        _served = served;
        served.Publish([.. _handlers.Values]);
    }

    /// <summary>Reads the header. Never throws: what cannot be served comes back with a refusal.</summary>
    public OpenedRequest Open(Memory<byte> frame, RequestOrigin origin)
    {
        if (!RequestHeader.TryRead(frame, out var header))
        {
            return new OpenedRequest(null, Context(0, 0, null, origin), default, $"a frame of {frame.Length} bytes has no valid request header");
        }

        var context = Context(header.ApiVersion, header.CorrelationId, header.ClientId, origin);
        var body = frame[header.Length..];
        if (!_handlers.TryGetValue(header.ApiKey, out var handler))
        {
            return new OpenedRequest(null, context, body, $"API key {header.ApiKey} (version {header.ApiVersion}) is not served");
        }

        if (header.ApiVersion >= handler.MinVersion && header.ApiVersion <= handler.MaxVersion)
        {
            return new OpenedRequest(handler, context, body, null);
        }

        return handler.ApiKey == ApiKey.ApiVersions
            ? new OpenedRequest(null, context, body, null)
            : new OpenedRequest(
                null, context, body,
                $"{handler.ApiKey} version {header.ApiVersion} is not served (versions {handler.MinVersion} to {handler.MaxVersion} are)");
    }

    /// <summary>
    /// Starts the request: its synchronous part has run when this returns, so requests started one after the other keep their order.
    /// </summary>
    /// <exception cref="ProtocolException">The request was refused or its body is malformed: the connection has to be closed.</exception>
    public ValueTask<RequestAnswer> AnswerAsync(in OpenedRequest request)
    {
        if (request.Refusal is { } refusal)
        {
            return ValueTask.FromException<RequestAnswer>(new ProtocolException(refusal));
        }

        return request.Handler is { } handler
            ? handler.AnswerAsync(request.Body, request.Context)
            : ValueTask.FromResult(UnsupportedApiVersions(request.Context));
    }

    private static RequestContext Context(short version, int correlationId, string? clientId, RequestOrigin origin) =>
        new(version, correlationId, clientId, origin.ListenerName, origin.SecurityProtocol, origin.RemoteAddress, origin.Aborted);

    private RequestAnswer UnsupportedApiVersions(RequestContext context)
    {
        var response = new ApiVersionsResponse
        {
            ErrorCode = ErrorCode.UnsupportedVersion,
            ApiKeys = _served.Ranges().FindAll(range => range.ApiKey == (short)ApiKey.ApiVersions),
        };
        return new RequestAnswer(MessageCodec.ResponseFrame(ApiKey.ApiVersions, 0, context.CorrelationId, response));
    }
}
