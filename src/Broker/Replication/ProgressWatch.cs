namespace ClassicBroker.Broker.Replication;

/// <summary>What a parked fetch waits for.</summary>
public enum ProgressKind
{
    /// <summary>Consumers: the high watermark moved.</summary>
    HighWatermark,

    /// <summary>Followers: the log end moved.</summary>
    LogEnd,

    /// <summary>Deletions on request: a replica's log start moved.</summary>
    LogStart,
}

/// <summary>
/// A parked fetch: subscribed to every partition it asked for, woken by the first of them that moves, or by its deadline. Nobody polls.
/// A wake-up between two waits is remembered, so "look, subscribe, look again, wait" loses none.
/// </summary>
/// <remarks>Owner: its own lock. One reader waits; any number of partitions raise.</remarks>
public sealed class ProgressWatch : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ITimer _deadline;
    private TaskCompletionSource<bool>? _waiting;
    private bool _raised;
    private bool _over;

    /// <summary>The deadline runs from now; <see cref="WaitAsync"/> answers false when it is reached.</summary>
    public ProgressWatch(TimeSpan maxWait, TimeProvider time) =>
        _deadline = time.CreateTimer(static self => ((ProgressWatch)self!).End(), this, maxWait, Timeout.InfiniteTimeSpan);

    /// <summary>Something moved: wake the reader, or let its next wait return at once.</summary>
    public void Raise()
    {
        TaskCompletionSource<bool>? wake;
        lock (_gate)
        {
            wake = _waiting;
            _waiting = null;
            _raised = wake is null;
        }
        wake?.TrySetResult(true);
    }

    /// <summary>True when something moved since the last wait; false when the deadline is reached or the watch was ended.</summary>
    public Task<bool> WaitAsync()
    {
        lock (_gate)
        {
            if (_over) return Task.FromResult(false);
            if (_raised)
            {
                _raised = false;
                return Task.FromResult(true);
            }
            _waiting = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    /// <summary>Ends the wait early: the deadline, the client went away, or another request came behind this one.</summary>
    public void End()
    {
        TaskCompletionSource<bool>? wake;
        lock (_gate)
        {
            _over = true;
            wake = _waiting;
            _waiting = null;
        }
        wake?.TrySetResult(false);
    }

    public void Dispose()
    {
        End();
        _deadline.Dispose();
    }
}
