namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>What choosing needs of a segment.</summary>
/// <param name="BaseOffset">first offset it may hold</param>
/// <param name="Bytes">of its log file</param>
/// <param name="FirstTimestamp">largest of its first batch, -1 unknown</param>
/// <param name="YoungestTimestamp">of its records, else when it was begun</param>
internal readonly record struct SegmentFacts(long BaseOffset, long Bytes, long FirstTimestamp, long YoungestTimestamp);

/// <summary>
/// Which part of a log may be cleaned and how much it needs it. [log start, <paramref name="FirstDirty"/>) was cleaned before;
/// [FirstDirty, <paramref name="FirstUncleanable"/>) waits for it; the rest must not be touched yet.
/// </summary>
/// <param name="FirstDirty">where the last cleaning ended</param>
/// <param name="FirstUncleanable">base offset of a segment</param>
/// <param name="CleanBytes">of segments below FirstDirty</param>
/// <param name="DirtyBytes">of the other segments below FirstUncleanable</param>
/// <param name="IsOverdue">a dirty record is older than max.compaction.lag.ms</param>
internal readonly record struct CompactionBounds(long FirstDirty, long FirstUncleanable, long CleanBytes, long DirtyBytes, bool IsOverdue)
{
    /// <summary>0 to 1.</summary>
    public double DirtyRatio => DirtyBytes == 0 ? 0 : (double)DirtyBytes / (CleanBytes + DirtyBytes);

    public bool IsDue(double minCleanableRatio) => DirtyBytes > 0 && (IsOverdue || DirtyRatio > minCleanableRatio);
}

/// <summary>Decides what of a log is to be cleaned. Pure. Source: core/…/kafka/log/LogCleanerManager.scala (KIP-58, KIP-354).</summary>
internal static class CompactionRules
{
    /// <param name="segments">all, in order; the last is active</param>
    /// <param name="checkpoint">from cleaner-offset-checkpoint; one outside of the log counts as none</param>
    /// <param name="lastStableOffset">below it every record is committed and every transaction decided</param>
    public static CompactionBounds Bounds(
        ReadOnlySpan<SegmentFacts> segments, long? checkpoint, long logStart, long logEnd, long lastStableOffset, LogOptions options, long nowMs)
    {
        var firstDirty = checkpoint is { } c && c >= logStart && c <= logEnd ? c : logStart;
        var end = Math.Min(lastStableOffset, segments[^1].BaseOffset);
        long clean = 0, dirty = 0, uncleanable = segments[0].BaseOffset;
        var overdue = false;
        for (var i = 0; i + 1 < segments.Length; i++)
        {
            var (segment, next) = (segments[i], segments[i + 1].BaseOffset);
            var isDirty = next > firstDirty;
            if (isDirty && options.MinCompactionLagMs > 0 && segment.YoungestTimestamp > nowMs - options.MinCompactionLagMs)
                break;
            // a segment is cleaned whole or not at all
            if (next > end)
                break;
            uncleanable = next;
            if (isDirty)
                dirty += segment.Bytes;
            else
                clean += segment.Bytes;
            overdue |= isDirty && segment.FirstTimestamp > 0 && nowMs - segment.FirstTimestamp > options.MaxCompactionLagMs;
        }
        return new CompactionBounds(firstDirty, uncleanable, clean, dirty, overdue);
    }
}
