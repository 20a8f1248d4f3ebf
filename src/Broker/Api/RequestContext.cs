using System.Net;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// What a handler may know about the request beside its fields. One per request; lives until the answer is sent.
/// </summary>
/// <param name="ApiVersion">The version the client chose; decides which fields exist and which error codes it understands.</param>
/// <param name="CorrelationId">The client's number for this request, repeated in the answer.</param>
/// <param name="ClientId">The name the client gives itself; null or empty when it gives none. Never trusted.</param>
/// <param name="ListenerName">Upper-case name of the listener the request came in on: Metadata shows only endpoints of this listener.</param>
/// <param name="SecurityProtocol">PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.</param>
/// <param name="RemoteAddress">The client's address; null in tests without a socket.</param>
/// <param name="Aborted">Cancelled when the connection is gone: nobody will read the answer.</param>
public sealed record RequestContext(
    short ApiVersion,
    int CorrelationId,
    string? ClientId,
    string ListenerName,
    string SecurityProtocol,
    EndPoint? RemoteAddress,
    CancellationToken Aborted)
{
    private static readonly TaskCompletionSource Arrived = CompletedSource();

    // Null until somebody asks: only parked fetches do, and they are few beside the produces.
    private TaskCompletionSource? _anotherRequest;

    /// <summary>The client's address as groups show it: a slash before it, which is how Java prints one without a name.</summary>
    public string ClientHost => RemoteAddress is IPEndPoint { Address: var address } ? $"/{(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}" : "/";

    /// <summary>
    /// Completes when a later request has arrived on the same connection. Answers leave in request order, so a parked
    /// fetch holds up everything behind it: it should answer with what it has when this completes.
    /// </summary>
    public Task AnotherRequestArrived
    {
        get
        {
            var source = Volatile.Read(ref _anotherRequest);
            if (source is null)
            {
                var created = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                source = Interlocked.CompareExchange(ref _anotherRequest, created, null) ?? created;
            }

            return source.Task;
        }
    }

    /// <summary>Called once by the connection when it has read the next request.</summary>
    internal void SignalAnotherRequest() => Interlocked.Exchange(ref _anotherRequest, Arrived)?.TrySetResult();

    private static TaskCompletionSource CompletedSource()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
