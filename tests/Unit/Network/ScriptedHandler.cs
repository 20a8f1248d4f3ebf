using System.Collections.Concurrent;
using ClassicBroker.Broker.Api;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Unit.Network;

/// <summary>
/// Answers SaslHandshake requests (never flexible, so their bytes are easy to write by hand) when the test says so. The mechanism names the request.
/// </summary>
internal sealed class ScriptedHandler : RequestHandler<SaslHandshakeRequest, SaslHandshakeResponse>
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<SaslHandshakeResponse?>> _answers = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<RequestContext>> _started = new();

    /// <summary>Names in the order the requests were started.</summary>
    public ConcurrentQueue<string> Order { get; } = new();

    public int MostInFlight { get; private set; }

    /// <summary>Given along with every answer.</summary>
    public IAnswerFence? Fence { get; set; }

    private int _inFlight;

    /// <summary>Completes when the request has been started.</summary>
    public Task<RequestContext> Started(string name) => Of(_started, name).Task;

    public void Answer(string name) => Of(_answers, name).TrySetResult(new SaslHandshakeResponse { Mechanisms = [name] });

    /// <summary>The request is done and gets no answer, as a produce with acks=0.</summary>
    public void AnswerNothing(string name) => Of(_answers, name).TrySetResult(null);

    public void Fail(string name) => Of(_answers, name).TrySetException(new InvalidOperationException("as the test wants it"));

    public override async ValueTask<HandlerResult<SaslHandshakeResponse>> HandleAsync(SaslHandshakeRequest request, RequestContext context)
    {
        Order.Enqueue(request.Mechanism);
        MostInFlight = Math.Max(MostInFlight, Interlocked.Increment(ref _inFlight));
        Of(_started, request.Mechanism).TrySetResult(context);
        var response = await Of(_answers, request.Mechanism).Task;
        Interlocked.Decrement(ref _inFlight);
        return new HandlerResult<SaslHandshakeResponse>(response, Fence: Fence);
    }

    private static TaskCompletionSource<T> Of<T>(ConcurrentDictionary<string, TaskCompletionSource<T>> all, string name) =>
        all.GetOrAdd(name, _ => new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));
}
