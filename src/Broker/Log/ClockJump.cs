namespace ClassicBroker.Broker.Log;

/// <summary>
/// Whether the wall clock can be trusted with deletions. A monotonic clock tells how much time has really passed; when the wall clock has gone
/// further ahead of it, or behind it, than <paramref name="limit"/>, somebody set it (or the machine slept), and until that is explained nothing
/// must be deleted for its age: a clock ten years ahead makes every record old. The new time is believed when the clock came back, or
/// when it has run steadily for <see cref="BelievedAfter"/>, so that a corrected clock needs no restart. Owner: the retention loop.
/// </summary>
public sealed class ClockJump(TimeProvider time, TimeSpan limit)
{
    /// <summary>A clock that has been at its new place for so long is taken to be right: a day in which the warnings can be read.</summary>
    public static readonly TimeSpan BelievedAfter = TimeSpan.FromHours(24);

    private long _monotonic = time.GetTimestamp();
    private DateTimeOffset _wall = time.GetUtcNow();
    private (TimeSpan Offset, long Since)? _elsewhere;

    /// <summary>How far the wall clock is from where it should be; zero or about it in peace.</summary>
    public TimeSpan Offset => time.GetUtcNow() - _wall - time.GetElapsedTime(_monotonic);

    /// <summary>Looks at both clocks: true when deletion by time may go on.</summary>
    public bool IsTrusted()
    {
        var offset = Offset;
        if (offset.Duration() <= limit)
        {
            _elsewhere = null;
            return true;
        }
        if (_elsewhere is not { } at || (offset - at.Offset).Duration() > limit)
        {
            _elsewhere = (offset, time.GetTimestamp());
            return false;
        }
        if (time.GetElapsedTime(at.Since) < BelievedAfter)
            return false;
        (_monotonic, _wall, _elsewhere) = (time.GetTimestamp(), time.GetUtcNow(), null);
        return true;
    }
}
