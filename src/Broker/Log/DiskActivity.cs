namespace ClassicBroker.Broker.Log;

/// <summary>
/// Which operations on a directory have begun and not come back: a disk that answers nothing shows in no other way. Owner: its own lock.
/// </summary>
internal sealed class DiskActivity(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Operation> _underWay = [];

    /// <summary>How long the oldest operation under way has taken so far.</summary>
    public TimeSpan Longest
    {
        get
        {
            lock (_gate)
                return _underWay.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(_underWay[0].Began);
        }
    }

    /// <summary>To be disposed when the operation has ended, however it ended.</summary>
    public IDisposable Begin()
    {
        var operation = new Operation(this, time.GetTimestamp());
        lock (_gate)
            _underWay.Add(operation);
        return operation;
    }

    private sealed class Operation(DiskActivity activity, long began) : IDisposable
    {
        public long Began => began;

        public void Dispose()
        {
            lock (activity._gate)
                activity._underWay.Remove(this);
        }
    }
}
