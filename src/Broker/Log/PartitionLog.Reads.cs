using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>Reading: by offset and by time. Safe from any thread beside one writer.</summary>
public sealed partial class PartitionLog
{
    /// <summary>
    /// Whole batches from the one that holds <paramref name="offset"/> on (it may begin before it), in one segment, at most
    /// <paramref name="maxBytes"/>, none with an offset at or above <paramref name="upToOffset"/>. The bytes are in a pooled block
    /// that the result's lease gives back.
    /// </summary>
    /// <param name="offset">where to begin; at <paramref name="upToOffset"/> or above, up to the log end, nothing is read</param>
    /// <param name="maxBytes">a limit, not a promise</param>
    /// <param name="upToOffset">exclusive: high watermark, last stable offset or log end, as the reader may see</param>
    /// <param name="atLeastOneBatch">a first batch larger than <paramref name="maxBytes"/> is read whole, so that it blocks nobody</param>
    /// <exception cref="OffsetOutOfRangeException">below the log start or above the log end</exception>
    /// <exception cref="LogStorageException">the disk failed, or what was written is no longer there</exception>
    public LogRead Read(long offset, int maxBytes, long upToOffset, bool atLeastOneBatch)
    {
        ThrowIfOffline();
        // The common case without a delegate: nothing is cut while it runs.
        var cuts = Volatile.Read(ref _cuts);
        if ((cuts & 1) == 0)
        {
            try
            {
                var read = ReadOnce(offset, maxBytes, upToOffset, atLeastOneBatch);
                if (Volatile.Read(ref _cuts) == cuts)
                    return read;
                read.Dispose();
            }
            catch (Exception e) when (IsDiskFailure(e))
            {
                _logger.LogDebug(e, "{Partition}: a read at {Offset} is done again", Id, offset);
            }
        }
        return Reading(() => ReadOnce(offset, maxBytes, upToOffset, atLeastOneBatch), read => read.Dispose());
    }

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

    // Runs a read beside the writer: if a truncation came between, what was read may be mixed from before and after, so it is thrown
    // away and done again with truncations held off.
    private T Reading<T>(Func<T> read, Action<T> discard)
    {
        ThrowIfOffline();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var (cuts, segments) = (Volatile.Read(ref _cuts), Volatile.Read(ref _segments));
            if ((cuts & 1) != 0)
                break;
            try
            {
                var result = read();
                if (Volatile.Read(ref _cuts) == cuts)
                    return result;
                discard(result);
            }
            catch (Exception e) when (IsDiskFailure(e) || e is InvalidRecordsException)
            {
                // the segment was cut or deleted under the read, or it is truly broken: the last attempt below tells
                if (Volatile.Read(ref _cuts) == cuts && ReferenceEquals(segments, Volatile.Read(ref _segments)))
                    break;
            }
        }
        lock (_cutGate)
        {
            try
            {
                return read();
            }
            catch (Exception e) when (IsDiskFailure(e) || e is InvalidRecordsException)
            {
                throw new LogStorageException($"Could not read the log of {Id}: {e.Message}", e);
            }
        }
    }

    private LogRead ReadOnce(long offset, int maxBytes, long upToOffset, bool atLeastOneBatch)
    {
        // the end first: segments seen after it hold at least as much
        var end = LogEndOffset;
        var (start, segments) = (LogStartOffset, Volatile.Read(ref _segments));
        if (offset < start || offset > end)
            throw new OffsetOutOfRangeException(offset, start, end);
        var nothing = new LogRead(default, null, offset);
        upToOffset = Math.Min(upToOffset, end);
        if (offset >= upToOffset)
            return nothing;
        for (var i = Math.Max(0, SegmentAt(segments, offset)); i < segments.Length && segments[i].BaseOffset < upToOffset; i++)
        {
            if (segments[i].Find(offset) is not { } first)
                continue;
            if (first.Head.LastOffset >= upToOffset || (first.Head.Length > maxBytes && !atLeastOneBatch))
                return nothing;
            var size = Math.Min(Math.Max(maxBytes, first.Head.Length), segments[i].Size - first.Position);
            if (size < first.Head.Length)
                throw new InvalidDataException($"{segments[i].PathOf(SegmentNames.Log)} was cut at {first.Position} under the read.");
            return ReadBatches(segments[i], first.Position, (int)size, upToOffset, offset);
        }
        return nothing;
    }

    private static LogRead ReadBatches(LogSegment segment, long position, int size, long upToOffset, long offset)
    {
        var block = new PooledBlock(size);
        try
        {
            var read = segment.ReadAt(block.Bytes.AsSpan(0, size), position);
            var (length, next) = (0, offset);
            while (RecordBatch.TryRead(block.Bytes.AsSpan(length, read - length), out var batch) && batch.LastOffset < upToOffset)
            {
                length += (int)batch.Length;
                next = batch.NextOffset;
            }
            if (length == 0)
                throw new InvalidDataException($"{segment.PathOf(SegmentNames.Log)} holds no batch at {position}.");
            return new LogRead(block.Bytes.AsMemory(0, length), block, next);
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

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
                    return record.Offset < upTo ? (record.Offset, record.TimestampMs, found.Head.LeaderEpoch) : null;
                offset = found.Head.NextOffset;
            }
        }
        return null;
    }

    private Record? FirstRecord(LogSegment segment, (long Position, BatchHead Head) found, long timestampMs, long from)
    {
        var bytes = new byte[found.Head.Length];
        if (segment.ReadAt(bytes, found.Position) < bytes.Length)
            throw new InvalidDataException($"{segment.PathOf(SegmentNames.Log)} ends inside of a batch.");
        foreach (var record in RecordBatchReader.Read(bytes, Options.MaxDecompressedBytes))
        {
            if (record.TimestampMs >= timestampMs && record.Offset >= from)
                return record;
        }
        return null;
    }

    /// <summary>Index of the segment that an offset falls into, -1 when it is below all.</summary>
    private static int SegmentAt(LogSegment[] segments, long offset)
    {
        int low = 0, high = segments.Length - 1, found = -1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset)
                (found, low) = (middle, middle + 1);
            else
                high = middle - 1;
        }
        return found;
    }
}
