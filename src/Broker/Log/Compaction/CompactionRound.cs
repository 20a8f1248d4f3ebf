using System.Buffers;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// One cleaning of one log, in slices: whoever enumerates <see cref="Run"/> may pause, throttle or stop between them. Learn the fates of
/// transactions; note the last offset of every key in the dirty part, as far as the map has room; rewrite all segments below that, group by
/// group from the log start, each new segment taking the place of its old ones as soon as it is complete and on disk. Oldest first, so that
/// a tombstone never goes before the values it deletes. The partition's lock is held only to look and to put a segment in place. When
/// records are cut away or the partition goes meanwhile, the round ends without harm. Owner: one caller.
/// </summary>
internal sealed class CompactionRound(
    ICompactedPartition partition, CompactionView view, CompactionBounds bounds, OffsetMap map, CleanerOptions options, long lastStableOffset, long nowMs)
{
    private readonly TransactionFates _fates = new();
    private readonly ArrayBufferWriter<byte> _output = new(options.BufferBytes);
    private BatchFilter? _filter;

    /// <summary>The log is clean below this once the round has run to its end.</summary>
    public long CleanUpTo { get; private set; } = bounds.FirstDirty;

    /// <summary>Everything below <see cref="CleanUpTo"/> is clean. False at the end: nothing could be cleaned, or the log changed under the round.</summary>
    public bool IsDone { get; private set; }

    public long BytesRead { get; private set; }

    public long BytesWritten { get; private set; }

    public long RecordsRead => _filter?.RecordsRead ?? 0;

    public long RecordsKept => _filter?.RecordsKept ?? 0;

    /// <summary>Each element: bytes read and written since the one before.</summary>
    public IEnumerable<long> Run()
    {
        foreach (var bytes in Sliced(LearnFates()))
            yield return bytes;
        CleanUpTo = Math.Min(bounds.FirstUncleanable, _fates.FirstUndecided ?? long.MaxValue);
        if (CleanUpTo <= bounds.FirstDirty)
            yield break;
        foreach (var bytes in Sliced(FillMap()))
            yield return bytes;
        _filter = new BatchFilter(map, CleanUpTo, _fates, view.Producers, view.Options, nowMs, _output);
        var segments = Segments(view.Segments[0].BaseOffset, CleanUpTo);
        foreach (var group in SegmentGroups.Split(Array.ConvertAll(segments, Measure), view.Options.SegmentBytes, view.Options.IndexMaxBytes))
        {
            var rewrite = new SegmentRewrite(partition, view, segments[group], _filter, _output, options.BufferBytes);
            foreach (var _ in rewrite.Run())
            {
                yield return Moved(rewrite.TakeBytesRead(), rewrite.TakeBytesWritten());
                if (HasChanged)
                    break;
            }
            if (HasChanged || !rewrite.IsInPlace)
                yield break;
        }
        IsDone = true;
    }

    /// <summary>Records were cut away since the round began.</summary>
    public bool HasChanged => partition.Log.Cuts != view.Cuts;

    // A transaction of the cleanable part may have its marker behind it; below the last stable offset there is one.
    private IEnumerable<BatchWalk> LearnFates()
    {
        foreach (var segment in Segments(view.Segments[0].BaseOffset, bounds.FirstDirty).Where(s => s.HasAborted))
            segment.Transactions.All.Where(a => a.LastOffset < bounds.FirstDirty).ToList().ForEach(a => _fates.LearnAborted(a.ProducerId, a.FirstOffset, a.LastOffset));
        foreach (var walk in Walks(Segments(bounds.FirstDirty, bounds.FirstUncleanable)))
        {
            while (walk.MoveNext())
            {
                if (walk.Header.IsTransactional)
                    Learn(walk);
                yield return walk;
            }
        }
        foreach (var walk in Walks(_fates.AnyOpen ? Segments(bounds.FirstUncleanable, lastStableOffset) : []))
        {
            while (_fates.AnyOpen && walk.MoveNext() && walk.Header.BaseOffset < lastStableOffset)
            {
                if (walk.Header.IsControl)
                    _fates.LearnMarker(walk.Batch());
                yield return walk;
            }
        }
    }

    private void Learn(BatchWalk walk)
    {
        if (walk.Header.IsControl)
            _fates.LearnMarker(walk.Batch());
        else if (walk.Header.LastOffset >= bounds.FirstDirty)
            _fates.LearnBatch(walk.Header);
    }

    private IEnumerable<BatchWalk> FillMap()
    {
        foreach (var walk in Walks(Segments(bounds.FirstDirty, CleanUpTo)))
        {
            while (walk.MoveNext())
            {
                if (!walk.Header.IsControl && walk.Header.LastOffset >= bounds.FirstDirty && !_fates.IsAborted(walk.Header) && !TryPutAll(walk.Batch()))
                    yield break;
                yield return walk;
            }
        }
    }

    // the first record without room ends what this round cleans
    private bool TryPutAll(ReadOnlyMemory<byte> bytes)
    {
        var batch = new RecordBatch(bytes.Span);
        var body = bytes[RecordBatch.HeaderSize..];
        var records = batch.Compression == CompressionType.None ? body : Compression.Decompress(batch.Compression, body, view.Options.MaxDecompressedBytes);
        for (var record = new RecordCursor(in batch, records.Span); record.MoveNext();)
        {
            var offset = batch.BaseOffset + record.OffsetDelta;
            if (!record.HasKey || offset < bounds.FirstDirty || offset >= CleanUpTo || map.TryPut(record.Key, offset))
                continue;
            CleanUpTo = offset;
            return false;
        }
        return true;
    }

    private IEnumerable<BatchWalk> Walks(LogSegment[] segments)
    {
        foreach (var segment in segments)
        {
            using var walk = new BatchWalk(segment, options.BufferBytes);
            yield return walk;
        }
    }

    // one slice for each buffer read
    private IEnumerable<long> Sliced(IEnumerable<BatchWalk> steps)
    {
        BatchWalk? last = null;
        long seen = 0;
        foreach (var walk in steps)
        {
            if (!ReferenceEquals(walk, last))
                (last, seen) = (walk, 0);
            if (walk.BytesRead == seen)
                continue;
            yield return Moved(walk.BytesRead - seen, 0);
            seen = walk.BytesRead;
        }
    }

    private long Moved(long read, long written)
    {
        BytesRead += read;
        BytesWritten += written;
        return read + written;
    }

    /// <summary>The segments that may hold an offset in [from, upTo).</summary>
    private LogSegment[] Segments(long from, long upTo)
    {
        var found = new List<LogSegment>();
        for (var i = 0; i < view.Segments.Length; i++)
        {
            if (view.Segments[i].BaseOffset < upTo && (i + 1 == view.Segments.Length || view.Segments[i + 1].BaseOffset > from))
                found.Add(view.Segments[i]);
        }
        return [.. found];
    }

    private SegmentMeasure Measure(LogSegment segment)
    {
        var next = view.Segments[Array.IndexOf(view.Segments, segment) + 1].BaseOffset;
        return new SegmentMeasure(segment.BaseOffset, next, segment.Size, segment.IndexFileBytes());
    }
}
