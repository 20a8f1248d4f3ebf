using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Base of all handlers: decodes the request in the client's version, lets the handler answer, encodes the answer. Override the range to
/// serve less than the messages can express. Throwing is for bugs only: an unexpected exception closes the connection; every foreseeable
/// failure is an error code in the response.
/// </summary>
public abstract class RequestHandler<TRequest, TResponse> : IRequestHandler
    where TRequest : class, IRequest<TResponse>, new()
    where TResponse : class, IMessage, new()
{
    public ApiKey ApiKey => TRequest.ApiKey;

    public virtual short MinVersion => TRequest.MinVersion;

    public virtual short MaxVersion => TRequest.MaxVersion;

    public virtual short AdvertisedMinVersion => MinVersion;

    /// <summary>
    /// Answers one request. Record fields of the request point into the connection's buffer and are valid until the returned task is done.
    /// </summary>
    public abstract ValueTask<HandlerResult<TResponse>> HandleAsync(TRequest request, RequestContext context);

    public async ValueTask<RequestAnswer> AnswerAsync(Memory<byte> body, RequestContext context)
    {
        var request = MessageCodec.ReadRequest<TRequest, TResponse>(body, context.ApiVersion);
        var result = await HandleAsync(request, context);
        if (result.Response is null)
        {
            return new RequestAnswer(null, result.Lease, result.CloseConnection);
        }

        try
        {
            var frame = MessageCodec.ResponseFrame(TRequest.ApiKey, context.ApiVersion, context.CorrelationId, result.Response);
            return new RequestAnswer(frame, result.Lease, result.CloseConnection, result.Fence);
        }
        catch
        {
            result.Lease?.Dispose();
            throw;
        }
    }
}
