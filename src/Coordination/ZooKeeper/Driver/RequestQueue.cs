using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// Requests in the order they were issued, waiting to be sent: through a connection when there is one, through its absence when there is
/// none. Bounded; a caller beyond the bound waits. Thread safe for writers; one reader at a time (the send loop, or the session loop between connections).
/// </summary>
internal sealed class RequestQueue(int capacity)
{
    private readonly Channel<PendingRequest> _waiting = Channel.CreateBounded<PendingRequest>(capacity);
    private volatile ZooKeeperException? _closedBy;

    public async ValueTask EnqueueAsync(PendingRequest request, CancellationToken ct)
    {
        try
        {
            await _waiting.Writer.WriteAsync(request, ct);
        }
        catch (ChannelClosedException) when (_closedBy is { } reason)
        {
            throw new ZooKeeperException(reason.Error, request.Path, $"{request.Operation} {request.Path}: {reason.Message}");
        }
    }

    public ValueTask<bool> WaitAsync(CancellationToken ct) => _waiting.Reader.WaitToReadAsync(ct);

    public bool TryPeek([NotNullWhen(true)] out PendingRequest? request) => _waiting.Reader.TryPeek(out request);

    public bool TryTake([NotNullWhen(true)] out PendingRequest? request) => _waiting.Reader.TryRead(out request);

    /// <summary>Fails what waits now. What is issued later waits for the next session.</summary>
    public void FailWaiting(ZooKeeperError error, string reason)
    {
        // those that wait for a place move up as places come free: bounded, so that a caller who issues again at once cannot keep us here
        for (int left = 2 * capacity; left > 0 && TryTake(out var request); left--)
            request.Fail(new ZooKeeperException(error, request.Path, $"{request.Operation} {request.Path}: {reason}"));
    }

    /// <summary>The end: what waits fails, and so does everything issued later.</summary>
    public void Close(ZooKeeperError error, string reason)
    {
        _closedBy ??= new ZooKeeperException(error, null, reason);
        _waiting.Writer.TryComplete();
        FailWaiting(error, reason);
    }
}
