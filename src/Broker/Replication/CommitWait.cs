using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// One produce request waiting until the high watermark reaches <paramref name="requiredOffset"/> (last appended offset + 1).
/// Completed exactly once: reached, refused, or timed out; whoever comes first wins.
/// </summary>
public sealed class CommitWait(long requiredOffset)
{
    // Continuations must not run under the partition's lock or on the thread that serves a follower's fetch.
    private readonly TaskCompletionSource<ErrorCode> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The high watermark that commits the records.</summary>
    public long RequiredOffset { get; } = requiredOffset;

    /// <summary>NONE, NOT_ENOUGH_REPLICAS_AFTER_APPEND, NOT_LEADER_OR_FOLLOWER or REQUEST_TIMED_OUT.</summary>
    public Task<ErrorCode> Result => _done.Task;

    internal LinkedListNode<CommitWait>? Place { get; set; }

    /// <summary>Sets the result, if none is set yet.</summary>
    public void Complete(ErrorCode result) => _done.TrySetResult(result);
}
