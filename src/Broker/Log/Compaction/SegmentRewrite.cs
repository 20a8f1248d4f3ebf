using System.Buffers;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// Makes one new segment of a group of old ones: filters their batches into <c>.cleaned</c> files, flushes them, and has the log put them in
/// place. Whatever ends it earlier, the <c>.cleaned</c> files go. Owner: one cleaning.
/// </summary>
internal sealed class SegmentRewrite(
    ICompactedPartition partition, CompactionView view, LogSegment[] group, BatchFilter filter, ArrayBufferWriter<byte> output, int bufferBytes)
{
    private long _read, _written;

    /// <summary>The new segment is part of the log, or nothing was there to be done.</summary>
    public bool IsInPlace { get; private set; }

    public long TakeBytesRead() => Interlocked.Exchange(ref _read, 0);

    public long TakeBytesWritten() => Interlocked.Exchange(ref _written, 0);

    /// <summary>One element for each buffer read or written.</summary>
    public IEnumerable<bool> Run()
    {
        var last = Array.FindLastIndex(group, s => s.Size > 0);
        if (last < 0)
        {
            IsInPlace = true;
            yield break;
        }
        var changedBefore = filter.BatchesChanged;
        var cleaned = partition.Log.CreateCleaned(group[0].BaseOffset, group[^1].Created, view.Options);
        try
        {
            for (var i = 0; i <= last; i++)
            {
                using var walk = new BatchWalk(group[i], bufferBytes);
                long seen = 0;
                while (walk.MoveNext())
                {
                    filter.Take(walk.Batch(), isLast: i == last && walk.IsLast);
                    if (walk.BytesRead == seen && output.WrittenCount < bufferBytes)
                        continue;
                    _read += walk.BytesRead - seen;
                    seen = walk.BytesRead;
                    WriteTo(cleaned);
                    yield return true;
                }
                KeepAborts(group[i], cleaned);
            }
            WriteTo(cleaned);
            if (group.Length == 1 && filter.BatchesChanged == changedBefore)
            {
                partition.Log.DropCleaned(cleaned);
                IsInPlace = true;
                yield break;
            }
            cleaned.Seal();
            cleaned.Flush(indexesToo: true);
            IsInPlace = Swap(cleaned);
            yield return true;
        }
        finally
        {
            output.ResetWrittenCount();
            if (!IsInPlace)
                partition.Log.DropCleaned(cleaned);
        }
    }

    private void WriteTo(LogSegment cleaned)
    {
        if (output.WrittenCount == 0)
            return;
        cleaned.Append(output.WrittenMemory);
        _written += output.WrittenCount;
        output.ResetWrittenCount();
    }

    // An abort keeps its entry as long as its marker: a reader who was given aborted records of the old segment may ask for it after the swap.
    private void KeepAborts(LogSegment old, LogSegment cleaned)
    {
        if (old.HasAborted)
        {
            var kept = filter.MarkersKept.ToHashSet();
            foreach (var aborted in old.Transactions.All.Where(a => kept.Contains(a.LastOffset)))
                cleaned.AddAborted(aborted);
        }
        filter.MarkersKept.Clear();
    }

    private bool Swap(LogSegment cleaned)
    {
        var begun = false;
        try
        {
            partition.TryLocked(_ => begun = partition.Log.TryBeginSwap(group, cleaned, view.Cuts));
        }
        finally
        {
            if (begun)
                partition.Log.FinishSwap(group, cleaned);
        }
        return begun;
    }
}
