using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// What comes from a file is compared with what was written before anybody gets it: a bit that flipped on the disk must reach neither a
/// consumer nor a follower. The CRC covers everything of a batch but its base offset and leader epoch; those two are held against their
/// neighbours, the index and the epoch history, which they can only fit as they were written. A failed check is InvalidDataException,
/// and so KAFKA_STORAGE_ERROR to the client.
/// <para>Cost: one checksum over what is served, on reads from a file only (what is served from memory was verified when it came). Kafka
/// leaves this to consumers, and so lets a damaged leader spoil its followers' copies.</para>
/// </summary>
internal static class ReadVerification
{
    /// <param name="position">where the first batch lies in the segment</param>
    /// <param name="block">what was read from there on; the batches to be served, and perhaps more</param>
    /// <param name="length">bytes of the batches to be served, all whole</param>
    /// <param name="asked">the offset the reader asked for</param>
    /// <param name="limit">where the next segment begins: no batch here reaches it</param>
    public static void Check(LogSegment segment, long position, ReadOnlySpan<byte> block, int length, long asked, long limit, LeaderEpochCache epochs)
    {
        var next = segment.BaseOffset;
        for (var at = 0; at < length;)
        {
            var batch = new RecordBatch(block[at..length]);
            var flaw = FlawOf(batch, next, limit, epochs);
            if (flaw is not null)
                throw Damaged(segment, position + at, flaw);
            if (at == 0 && batch.BaseOffset > asked)
                CheckGap(segment, position, asked);
            next = batch.NextOffset;
            at += (int)batch.Length;
        }
        if (OffsetBehind(segment, position + length, block[length..]) is { } behind && behind < next)
            throw Damaged(segment, position, $"its offsets reach {next}, the next batch begins at {behind}");
    }

    private static string? FlawOf(in RecordBatch batch, long next, long limit, LeaderEpochCache epochs)
    {
        if (!batch.CrcIsValid)
            return $"the CRC of the batch at offset {batch.BaseOffset} is wrong";
        if (batch.BaseOffset < next || batch.NextOffset > limit)
            return $"offsets {batch.BaseOffset} to {batch.LastOffset} lie outside of {next} to {limit}";
        return batch.PartitionLeaderEpoch >= 0 && epochs.Covering(batch.BaseOffset) is { } epoch && epoch != batch.PartitionLeaderEpoch
            ? $"the batch at offset {batch.BaseOffset} names leader epoch {batch.PartitionLeaderEpoch}, it was written in {epoch}"
            : null;
    }

    /// <summary>
    /// Verifies what was passed over on the way from the index entry of <paramref name="asked"/> to <paramref name="position"/>, because no batch there holds it:
    /// compaction leaves such gaps, and so does a damaged header.
    /// </summary>
    public static void CheckGap(LogSegment segment, long position, long asked)
    {
        var header = new byte[RecordBatch.HeaderSize];
        for (long at = segment.Offsets.Find(Math.Max(asked - segment.BaseOffset, 0)); at < position;)
        {
            segment.ReadAt(header, at);
            var size = new RecordBatch(header).Length;
            if (size < RecordBatch.HeaderSize || at + size > position)
                throw Damaged(segment, at, "there is no batch");
            using var block = new PooledBlock((int)size);
            var bytes = block.Bytes.AsSpan(0, (int)size);
            if (segment.ReadAt(bytes, at) < size || !new RecordBatch(bytes).CrcIsValid)
                throw Damaged(segment, at, "the CRC is wrong");
            at += size;
        }
    }

    // the base offset of the batch that follows; null at the end of the segment
    private static long? OffsetBehind(LogSegment segment, long position, ReadOnlySpan<byte> rest)
    {
        if (position + RecordBatch.HeaderSize > segment.Size)
            return null;
        if (rest.Length >= RecordBatch.HeaderSize)
            return new RecordBatch(rest).BaseOffset;
        Span<byte> header = stackalloc byte[RecordBatch.HeaderSize];
        return segment.ReadAt(header, position) < header.Length ? null : new RecordBatch(header).BaseOffset;
    }

    private static InvalidDataException Damaged(LogSegment segment, long position, string flaw) =>
        new($"{segment.PathOf(SegmentNames.Log)} is damaged at byte {position}: {flaw}.");
}
