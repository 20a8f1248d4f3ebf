using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// One API as the dispatcher sees it: a key, a range of versions, and a way from request bytes to an answer. Write handlers by deriving
/// from <see cref="RequestHandler{TRequest,TResponse}"/>. A handler is shared by all connections and holds no state of its own.
/// </summary>
public interface IRequestHandler
{
    ApiKey ApiKey { get; }

    /// <summary>First version served.</summary>
    short MinVersion { get; }

    /// <summary>Last version served.</summary>
    short MaxVersion { get; }

    /// <summary>First version listed by ApiVersions. Differs from <see cref="MinVersion"/> only where clients derive features from it (Produce).</summary>
    short AdvertisedMinVersion => MinVersion;

    /// <summary>
    /// Decodes, handles and encodes one request. The body may be reused once the returned task is done.
    /// </summary>
    /// <exception cref="ProtocolException">The body is not such a request: the connection is closed.</exception>
    ValueTask<RequestAnswer> AnswerAsync(Memory<byte> body, RequestContext context);
}
