namespace ClassicBroker.Broker.Api;

/// <summary>
/// A handler's answer. <c>Response</c> null means that nothing is sent (a produce with acks=0).
/// </summary>
/// <param name="Response">The answer to encode, or null for none.</param>
/// <param name="Lease">Keeps the bytes the answer points at alive; disposed after they are sent (or the connection is gone).</param>
/// <param name="CloseConnection">Close the connection after the answer, if any, has been sent.</param>
public readonly record struct HandlerResult<TResponse>(TResponse? Response, IDisposable? Lease = null, bool CloseConnection = false, IAnswerFence? Fence = null)
    where TResponse : class
{
    public static implicit operator HandlerResult<TResponse>(TResponse response) => new(response);
}
