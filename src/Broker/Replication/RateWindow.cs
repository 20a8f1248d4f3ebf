namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Bytes per second over the last <paramref name="windows"/> windows of <paramref name="size"/>. A rate is judged over at least one whole window, so a first burst
/// does not count as an endless stream (Kafka: <c>SimpleRate</c> over <c>replication.quota.window.num</c> samples).
/// </summary>
/// <remarks>Owner: its own lock.</remarks>
public sealed class RateWindow(int windows, TimeSpan size, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _begun = time.GetTimestamp();
    private readonly long[] _bytes = new long[windows];
    // Which window a slot holds, counted from the beginning; -1: none.
    private readonly long[] _numbers = [.. Enumerable.Repeat(-1L, windows)];

    public TimeSpan Size => size;

    public void Record(long bytes)
    {
        lock (_gate)
        {
            var number = Now();
            var slot = number % windows;
            if (_numbers[slot] != number) (_numbers[slot], _bytes[slot]) = (number, 0);
            _bytes[slot] += bytes;
        }
    }

    public double PerSecond()
    {
        lock (_gate)
        {
            var number = Now();
            long sum = 0, oldest = number;
            for (var slot = 0; slot < windows; slot++)
            {
                if (_numbers[slot] < 0 || _numbers[slot] <= number - windows) continue;
                sum += _bytes[slot];
                oldest = Math.Min(oldest, _numbers[slot]);
            }
            var elapsed = time.GetElapsedTime(_begun) - oldest * size;
            return sum / (elapsed > size ? elapsed : size).TotalSeconds;
        }
    }

    private long Now() => time.GetElapsedTime(_begun).Ticks / size.Ticks;
}
