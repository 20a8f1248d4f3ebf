namespace ClassicBroker.Broker.Network;

/// <summary>
/// Lets a few lines through per window and counts the rest: a port scanner or a broken client must not fill the disk with log lines.
/// Owner: its own lock.
/// </summary>
internal sealed class LogThrottle(TimeProvider time)
{
    /// <summary>Enough to see what is going on, too few to hurt.</summary>
    private const int LinesPerWindow = 10;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _windowStart = time.GetTimestamp();
    private int _lines;
    private int _suppressed;

    /// <summary>Whether one more line may be written; <paramref name="suppressed"/> tells how many were not since the last one.</summary>
    public bool MayLog(out int suppressed)
    {
        lock (_gate)
        {
            suppressed = 0;
            if (time.GetElapsedTime(_windowStart) >= Window)
            {
                _windowStart = time.GetTimestamp();
                _lines = 0;
            }

            if (_lines >= LinesPerWindow)
            {
                _suppressed++;
                return false;
            }

            _lines++;
            (suppressed, _suppressed) = (_suppressed, 0);
            return true;
        }
    }
}
