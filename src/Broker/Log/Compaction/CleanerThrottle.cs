namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// Keeps the bytes that cleaning reads and writes below so many per second, by making whoever moved some wait as long as they should have
/// taken. Idle time is not saved up. Safe from any thread: one lock over one number.
/// </summary>
internal sealed class CleanerThrottle(double bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _free = DateTimeOffset.MinValue;

    /// <summary>Notes bytes that were moved, and returns when the next may be.</summary>
    public Task PassAsync(long bytes, CancellationToken ct)
    {
        var wait = Reserve(bytes);
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, ct) : Task.CompletedTask;
    }

    private TimeSpan Reserve(long bytes)
    {
        var seconds = bytes / bytesPerSecond;
        if (seconds < 1e-9)
            return TimeSpan.Zero;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            // a clock that was set back must not stop the cleaner, nor one buffer at a tiny rate overflow the date
            var begin = _free > now && _free - now < TimeSpan.FromHours(1) ? _free : now;
            _free = begin + TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromHours(1).TotalSeconds));
            return _free - now;
        }
    }
}
