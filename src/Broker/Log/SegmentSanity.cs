using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// A cheap look at a segment that was flushed and closed in order: do its indexes speak of this file, and does the file end with a whole
/// batch? A few positions of the indexes are compared with the batches there, and what lies behind the last index entry is walked by its
/// headers. So an index of another partition, a stale one, or a file that lost its end is found without reading the file. What it
/// cannot see (a flipped bit in the middle) is found when the batch is read.
/// </summary>
internal static class SegmentSanity
{
    /// <summary>Why the segment must be scanned, or null; then the offset after its last batch.</summary>
    /// <param name="nextBase">base offset of the next segment; null for the active one</param>
    /// <param name="seen">is told offset and leader epoch of the batches looked at, in their order</param>
    public static string? Flaw(LogSegment segment, long? nextBase, Action<long, int> seen, out long nextOffset)
    {
        nextOffset = segment.BaseOffset;
        if (segment.Size == 0)
            return null;
        if (HeadAt(segment, 0) is not { } first || first.BaseOffset < segment.BaseOffset)
            return "it does not begin with a batch of its own";
        seen(first.BaseOffset, first.LeaderEpoch);
        if (OffsetsFlaw(segment.Offsets, segment) is { } wrong)
            return wrong;
        // a sealed segment has its largest timestamp in the index; in the active one it may lie behind the last entry
        var known = nextBase is null ? long.MaxValue : segment.MaxTimestamp;
        var youngest = -1L;
        using var scan = new SegmentScan(segment);
        var tail = scan.Run(segment.Offsets.Last.Position, segment.BaseOffset, verifyCrc: false, (in RecordBatch batch, long _) =>
        {
            segment.NoteTimestamp(batch.MaxTimestamp, batch.LastOffset);
            youngest = Math.Max(youngest, batch.MaxTimestamp);
            seen(batch.BaseOffset, batch.PartitionLeaderEpoch);
        });
        nextOffset = tail.NextOffset;
        if (tail.Flaw is not null)
            return tail.Flaw;
        if (nextBase < nextOffset)
            return $"its offsets reach {nextOffset}, the next segment begins at {nextBase}";
        return youngest > known ? "its time index is older than its batches" : TimesFlaw(segment, nextOffset) ?? TransactionsFlaw(segment);
    }

    private static string? OffsetsFlaw(OffsetIndex offsets, LogSegment segment)
    {
        foreach (var number in Sample(offsets.Count))
        {
            var (relative, position) = offsets[number];
            var before = number == 0 ? -1 : offsets[number - 1].RelativeOffset;
            if (HeadAt(segment, position) is not { } head || head.LastOffset - segment.BaseOffset > relative || head.BaseOffset - segment.BaseOffset <= before)
                return $"its index names offset {segment.BaseOffset + relative} at byte {position}, where there is no such batch";
        }
        return null;
    }

    private static string? TimesFlaw(LogSegment segment, long nextOffset)
    {
        foreach (var number in Sample(segment.Times.Count))
        {
            var (timestamp, relative) = segment.Times[number];
            var offset = segment.BaseOffset + relative;
            if (offset >= nextOffset || segment.Find(offset) is not { } found || found.Head.MaxTimestamp != timestamp)
                return $"its time index gives offset {offset} the time {timestamp}, which is not the batch's";
        }
        return null;
    }

    // an index of another partition would hide records that were committed
    private static string? TransactionsFlaw(LogSegment segment)
    {
        if (!segment.HasAborted)
            return null;
        var header = new byte[RecordBatch.HeaderSize];
        foreach (var number in Sample(segment.Transactions.Count))
        {
            var aborted = segment.Transactions[number];
            if (segment.Find(aborted.LastOffset) is not { } marker || segment.ReadAt(header, marker.Position) < header.Length
                || !new RecordBatch(header).IsControl || new RecordBatch(header).ProducerId != aborted.ProducerId)
                return $"its transaction index names a marker at offset {aborted.LastOffset}, which is none";
        }
        return null;
    }

    private static int[] Sample(int count) => count switch
    {
        0 => [],
        1 => [0],
        2 => [0, 1],
        _ => [0, count / 2, count - 1],
    };

    private static BatchHead? HeadAt(LogSegment segment, long position)
    {
        Span<byte> bytes = stackalloc byte[RecordBatch.HeaderSize];
        if (position + bytes.Length > segment.Size || segment.ReadAt(bytes, position) < bytes.Length)
            return null;
        var head = BatchHead.Read(bytes);
        return head.IsSane && position + head.Length <= segment.Size ? head : null;
    }
}
