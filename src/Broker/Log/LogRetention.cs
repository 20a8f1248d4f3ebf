namespace ClassicBroker.Broker.Log;

/// <summary>
/// Decides how many segments, counted from the front, have outlived their use. Pure. Without a clock nothing is old: the caller passes
/// null while it does not trust its own (<see cref="ClockJump"/>). A record that claims to be of the future would keep its segment
/// for ever; the segment is then as old as its file.
/// </summary>
internal static class LogRetention
{
    public static int CountToDelete(
        ReadOnlySpan<LogSegment> segments, LogOptions options, long logStart, long upTo, long logEnd, DateTimeOffset? now)
    {
        long size = 0;
        foreach (var segment in segments)
            size += segment.Size;
        var count = 0;
        for (; count < segments.Length; count++)
        {
            var segment = segments[count];
            var next = count + 1 < segments.Length ? segments[count + 1].BaseOffset : logEnd;
            var isActive = count + 1 == segments.Length;
            if (next > upTo || (isActive && segment.Size == 0))
                break;
            if (!IsUseless(segment, isActive, next, options, logStart, size, now))
                break;
            size -= segment.Size;
        }
        return count;
    }

    private static bool IsUseless(
        LogSegment segment, bool isActive, long next, LogOptions options, long logStart, long size, DateTimeOffset? now)
    {
        if (next <= logStart && !isActive)
            return true;
        if (!options.CleanupDelete)
            return false;
        return (now is { } at && IsTooOld(segment, options, at.ToUnixTimeMilliseconds()))
            || (options.RetentionBytes >= 0 && size - segment.Size >= options.RetentionBytes);
    }

    private static bool IsTooOld(LogSegment segment, LogOptions options, long now)
    {
        var isKnown = segment.MaxTimestamp >= 0 && segment.MaxTimestamp <= now;
        var youngest = isKnown ? segment.MaxTimestamp : segment.Created.ToUnixTimeMilliseconds();
        return options.RetentionMs >= 0 && now - youngest > options.RetentionMs;
    }
}
