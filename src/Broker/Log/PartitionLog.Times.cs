using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>Reading by time. Safe from any thread beside one writer.</summary>
public sealed partial class PartitionLog
{
    /// <summary>
    /// The first record at or above the log start whose timestamp is at least <paramref name="timestampMs"/>; null when there is none
    /// below <paramref name="upTo"/>.
    /// </summary>
    public (long Offset, long Timestamp, int LeaderEpoch)? FindByTimestamp(long timestampMs, long upTo) =>
        Reading(() => FindOnce(timestampMs, LogStartOffset, upTo), static _ => { });

    /// <summary>The record with the largest timestamp below <paramref name="upTo"/>, the first of several; null in an empty log.</summary>
    public (long Offset, long Timestamp, int LeaderEpoch)? MaxTimestamp(long upTo) =>
        Reading(() =>
        {
            LogSegment? best = null;
            foreach (var segment in Volatile.Read(ref _segments))
            {
                if (segment.MaxTimestamp >= 0 && segment.MaxTimestamp > (best?.MaxTimestamp ?? -1))
                    best = segment;
            }
            return best is null ? null : FindOnce(best.MaxTimestamp, Math.Max(LogStartOffset, best.BaseOffset), upTo);
        }, static _ => { });

    // Only segments whose largest timestamp reaches the wanted one can hold it; in the first of them the time index says up to which
    // offset every record is older, and from there batches are walked by their largest timestamps.
    private (long Offset, long Timestamp, int LeaderEpoch)? FindOnce(long timestampMs, long from, long upTo)
    {
        upTo = Math.Min(upTo, LogEndOffset);
        foreach (var segment in Volatile.Read(ref _segments))
        {
            if (segment.BaseOffset >= upTo)
                break;
            if (segment.MaxTimestamp < timestampMs)
                continue;
            var known = segment.Times.FindBelow(timestampMs);
            var offset = Math.Max(from, known < 0 ? segment.BaseOffset : segment.BaseOffset + known);
            while (offset < upTo && segment.Find(offset) is { } found)
            {
                if (found.Head.MaxTimestamp >= timestampMs && FirstRecord(segment, found, timestampMs, from) is { } record)
                    return record.Offset < upTo ? (record.Offset, record.Timestamp, found.Head.LeaderEpoch) : null;
                offset = found.Head.NextOffset;
            }
        }
        return null;
    }

    // null when no record of the batch is meant: the largest timestamp may lie below the log start
    private (long Offset, long Timestamp)? FirstRecord(LogSegment segment, (long Position, BatchHead Head) found, long timestampMs, long from)
    {
        using var block = new PooledBlock((int)found.Head.Length);
        var bytes = block.Bytes.AsMemory(0, (int)found.Head.Length);
        if (segment.ReadAt(bytes.Span, found.Position) < bytes.Length)
            throw new InvalidDataException($"{segment.PathOf(SegmentNames.Log)} ends inside of a batch.");
        var batch = new RecordBatch(bytes.Span);
        if (!batch.CrcIsValid)
            throw new InvalidDataException($"{segment.PathOf(SegmentNames.Log)} is damaged at byte {found.Position}: the CRC is wrong.");
        using var content = batch.Compression == CompressionType.None
            ? null
            : Compression.DecompressPooled(batch.Compression, bytes[RecordBatch.HeaderSize..], Options.MaxDecompressedBytes);
        var records = new RecordCursor(in batch, content is null ? batch.Bytes[RecordBatch.HeaderSize..] : content.Span);
        while (records.MoveNext())
        {
            var (offset, timestamp) = (batch.BaseOffset + records.OffsetDelta, batch.IsAppendTime ? batch.MaxTimestamp : records.TimestampMs);
            if (timestamp >= timestampMs && offset >= from)
                return (offset, timestamp);
        }
        return null;
    }
}
