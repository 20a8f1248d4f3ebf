using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>Reading by offset. Safe from any thread beside one writer.</summary>
public sealed partial class PartitionLog
{
    // below it the disk's own read-ahead, or the page cache, has it anyway
    private const int ReadAheadFrom = 64 * 1024;

    /// <summary>
    /// Whole batches from the one that holds <paramref name="offset"/> on (it may begin before it), in one segment, at most
    /// <paramref name="maxBytes"/>, none with an offset at or above <paramref name="upToOffset"/>. Near the end of a log that is led here
    /// they are the very bytes that were appended (<see cref="HotTail"/>); others are read from the file into a pooled block, and
    /// whoever reads on where the last read ended is spared the search. The result's lease gives the block back.
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
                throw ReadFailed(e);
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
        if (_tail.TryRead(offset, maxBytes, upToOffset, atLeastOneBatch) is { } hot)
            return hot;
        var at = Math.Max(0, SegmentAt(segments, offset));
        if (_spots.TryTake(offset, segments[at]) is { } position && ReadOn(segments[at], position, offset, maxBytes, upToOffset, LimitOf(segments, at, end)) is { } next)
            return next;
        for (var i = at; i < segments.Length && segments[i].BaseOffset < upToOffset; i++)
        {
            if (segments[i].Find(offset) is not { } first)
            {
                if (Options.VerifyReads)
                    ReadVerification.CheckGap(segments[i], segments[i].Size, offset);
                continue;
            }
            var limit = LimitOf(segments, i, end);
            if (first.Head.NextOffset > limit)
                throw new InvalidDataException($"{segments[i].PathOf(SegmentNames.Log)} is damaged at byte {first.Position}: offset {first.Head.LastOffset} is not in it.");
            if (first.Head.LastOffset >= upToOffset || (first.Head.Length > maxBytes && !atLeastOneBatch))
                return nothing;
            var size = Math.Min(Math.Max(maxBytes, first.Head.Length), segments[i].Size - first.Position);
            if (size < first.Head.Length)
                throw new InvalidDataException($"{segments[i].PathOf(SegmentNames.Log)} was cut at {first.Position} under the read.");
            return ReadBatches(segments[i], first.Position, (int)size, upToOffset, offset, limit)
                ?? throw new InvalidDataException($"{segments[i].PathOf(SegmentNames.Log)} holds no batch at {first.Position}.");
        }
        return nothing;
    }

    // no batch of a segment reaches this offset
    private static long LimitOf(LogSegment[] segments, int number, long end) => number + 1 < segments.Length ? segments[number + 1].BaseOffset : end;

    // A reader that goes through the log: the place is known, one call reads, and the disk is told what will be wanted next. Null when
    // the limits leave no whole batch: then the ordinary way decides.
    private LogRead? ReadOn(LogSegment segment, long position, long offset, int maxBytes, long upToOffset, long limit)
    {
        var rest = segment.Size - position;
        var size = (int)Math.Min(maxBytes, rest);
        if (size < RecordBatch.HeaderSize)
            return null;
        if (size >= ReadAheadFrom && rest > size)
            segment.WillNeed(position + size, (int)Math.Min(size, rest - size));
        return ReadBatches(segment, position, size, upToOffset, offset, limit);
    }

    private LogRead? ReadBatches(LogSegment segment, long position, int size, long upToOffset, long offset, long limit)
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
            if (length > 0)
            {
                if (Options.VerifyReads)
                    ReadVerification.Check(segment, position, block.Bytes.AsSpan(0, read), length, offset, limit, _epochs);
                _spots.Note(next, segment, position + length);
                return new LogRead(block.Bytes.AsMemory(0, length), block, next);
            }
        }
        catch
        {
            block.Dispose();
            throw;
        }
        block.Dispose();
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
