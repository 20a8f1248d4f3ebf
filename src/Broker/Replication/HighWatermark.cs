namespace ClassicBroker.Broker.Replication;

/// <summary>
/// The offset below which everything is committed, and the produce requests that wait for it. What Kafka keeps in a purgatory is here the rest of
/// an async method: a waiter is a task, kept in a list that is sorted by offset because appends are. Advancing the watermark takes waiters off
/// the front; a change of role takes all; a time-out takes one out of the middle.
/// </summary>
/// <remarks>
/// Owner: the partition's lock. Waiters taken off are handed back to the caller, who completes them <b>after</b> leaving the lock.
/// The watermark never goes back, except when a follower truncates (<see cref="CutTo"/>).
/// </remarks>
public sealed class HighWatermark(long start)
{
    /// <summary>
    /// How many acks=all requests may wait on one partition. Each holds a connection's place already, so this bound is only met when thousands of
    /// producers write one partition that cannot commit; the next one is then answered as timed out at once.
    /// </summary>
    public const int MaxWaiters = 10_000;

    private readonly LinkedList<CommitWait> _waiters = new();

    /// <summary>Exclusive: the first offset that is not committed.</summary>
    public long Value { get; private set; } = start;

    /// <summary>How many produce requests wait now.</summary>
    public int Waiting => _waiters.Count;

    /// <summary>Moves forward to <paramref name="offset"/>; false (and nothing changes) when it is not ahead.</summary>
    public bool AdvanceTo(long offset)
    {
        if (offset <= Value) return false;
        Value = offset;
        return true;
    }

    /// <summary>A follower's log was cut at <paramref name="offset"/>: what is gone cannot be committed here.</summary>
    public void CutTo(long offset) => Value = Math.Min(Value, offset);

    /// <summary>Begins anew at <paramref name="offset"/>: the log itself did.</summary>
    public void RestartAt(long offset) => Value = offset;

    /// <summary>Adds a waiter; false when the list is full.</summary>
    public bool TryAdd(CommitWait wait)
    {
        if (_waiters.Count >= MaxWaiters) return false;
        // Appends come in order, so the new one belongs at the end or, after a race between two appenders, very near it.
        var before = _waiters.Last;
        while (before is not null && before.Value.RequiredOffset > wait.RequiredOffset) before = before.Previous;
        wait.Place = before is null ? _waiters.AddFirst(wait) : _waiters.AddAfter(before, wait);
        return true;
    }

    /// <summary>Takes a waiter out that timed out; false when it was taken off already.</summary>
    public bool Remove(CommitWait wait)
    {
        if (wait.Place is not { List: not null } place) return false;
        _waiters.Remove(place);
        return true;
    }

    /// <summary>Takes off the waiters whose offset is reached.</summary>
    public List<CommitWait>? TakeReached()
    {
        List<CommitWait>? reached = null;
        while (_waiters.First is { } first && first.Value.RequiredOffset <= Value)
        {
            (reached ??= []).Add(first.Value);
            _waiters.RemoveFirst();
        }
        return reached;
    }

    /// <summary>Takes all waiters off: this replica leads no longer.</summary>
    public List<CommitWait>? TakeAll()
    {
        if (_waiters.Count == 0) return null;
        List<CommitWait> all = [.. _waiters];
        _waiters.Clear();
        return all;
    }
}
