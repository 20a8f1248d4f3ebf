namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>What grouping needs of a segment.</summary>
/// <param name="BaseOffset">first offset it may hold</param>
/// <param name="NextBaseOffset">of the segment behind it</param>
/// <param name="Bytes">of its log file</param>
/// <param name="IndexBytes">of its larger index</param>
internal readonly record struct SegmentMeasure(long BaseOffset, long NextBaseOffset, long Bytes, long IndexBytes);

/// <summary>
/// Which neighbours become one segment, so that a log of many small left-overs grows together again. Nothing is known yet of what
/// cleaning will take out, so the old sizes are added up. Pure. Source: groupSegmentsBySize of core/…/kafka/log/LogCleaner.scala.
/// </summary>
internal static class SegmentGroups
{
    /// <summary>Ranges of indexes into <paramref name="segments"/>, in order, each of one or more.</summary>
    public static IReadOnlyList<Range> Split(IReadOnlyList<SegmentMeasure> segments, long maxBytes, long maxIndexBytes)
    {
        var groups = new List<Range>();
        for (var start = 0; start < segments.Count;)
        {
            var (bytes, indexBytes, end) = (segments[start].Bytes, segments[start].IndexBytes, start + 1);
            for (; end < segments.Count; end++)
            {
                var next = segments[end];
                if (bytes + next.Bytes > maxBytes || indexBytes + next.IndexBytes > maxIndexBytes
                    || next.NextBaseOffset - 1 - segments[start].BaseOffset > int.MaxValue)
                    break;
                (bytes, indexBytes) = (bytes + next.Bytes, indexBytes + next.IndexBytes);
            }
            groups.Add(start..end);
            start = end;
        }
        return groups;
    }
}
