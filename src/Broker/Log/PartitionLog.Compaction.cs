using ClassicBroker.Broker.Log.Compaction;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Putting compacted segments in the place of old ones. In memory it is one write of the segment array, under the owner's lock, so readers and
/// the writer see the old ones or the new one, never both or none; a read under way ends in the old files, which go only after
/// file.delete.delay.ms. On disk it takes four steps, with the directory flushed after each; a crash behind any of them
/// leaves what <see cref="LogRecovery"/> can tell apart:
/// <code>
/// 1  .cleaned files are complete and flushed      crash: they are deleted, the old segments stand
/// 2  .cleaned becomes .swap, the log file last     from here on the new segment counts: recovery deletes the old ones in its range
/// 3  old files become .deleted
/// 4  .swap becomes the plain name
/// </code>
/// Steps 2 to 4 run under a gate of their own, not under the owner's lock, so appends go on; cuts, retention and the deletion of the
/// partition wait at it. Order of locks: the owner's, the swap gate, flush gate, cut gate.
/// </summary>
public sealed partial class PartitionLog
{
    private readonly Lock _swapGate = new();

    /// <summary>Told under the owner's lock before records at or above an offset are cut away: what was known of them must be forgotten first.</summary>
    internal Action<PartitionLog, long>? Cutting { get; set; }

    /// <summary>A number that changes when records are cut away.</summary>
    internal int Cuts => Volatile.Read(ref _cuts);

    /// <summary>The log as it is now, for a cleaning. To be asked by the owner.</summary>
    internal CompactionView ViewForCompaction() =>
        new(_segments, LogStartOffset, LogEndOffset, Cuts, _producers.LastBatches(), Options);

    internal LogSegment CreateCleaned(long baseOffset, DateTimeOffset created, LogOptions options) =>
        LogSegment.Create(_files, Directory, baseOffset, options, created, SegmentNames.Cleaned);

    /// <summary>Deletes a segment that was not put in place; recovery would do it too.</summary>
    internal void DropCleaned(LogSegment cleaned)
    {
        try
        {
            cleaned.DeleteFiles();
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            _logger.LogDebug(e, "{Partition}: an unfinished compacted segment could not be deleted; the next start does it", Id);
        }
    }

    /// <summary>
    /// Puts <paramref name="cleaned"/> into the place of <paramref name="old"/> in memory; <see cref="FinishSwap"/> must follow on the same thread.
    /// False when the log is not what it was when the cleaning began. To be called by the owner.
    /// </summary>
    internal bool TryBeginSwap(LogSegment[] old, LogSegment cleaned, int cuts)
    {
        if (IsOffline || Cuts != cuts)
            return false;
        var at = Array.IndexOf(_segments, old[0]);
        if (at < 0 || at + old.Length >= _segments.Length || !_segments.AsSpan(at, old.Length).SequenceEqual(old))
            return false;
        Change("compact", () =>
        {
            // a snapshot at an offset where no segment begins any more is of no use
            foreach (var segment in _segments[(at + 1)..(at + old.Length)])
                _files.DeleteFile(Path.Combine(Directory, SegmentNames.Of(segment.BaseOffset, SegmentNames.Snapshot)));
        });
        _swapGate.Enter();
        Volatile.Write(ref _segments, [.. _segments[..at], cleaned, .. _segments[(at + old.Length)..]]);
        return true;
    }

    /// <summary>Makes on disk what <see cref="TryBeginSwap"/> made in memory. When the disk fails, the log goes offline.</summary>
    internal void FinishSwap(IReadOnlyList<LogSegment> old, LogSegment cleaned)
    {
        try
        {
            Change("put a compacted segment into", () =>
            {
                _files.FlushDirectory(Directory);
                cleaned.MoveTo(SegmentNames.Swap);
                _files.FlushDirectory(Directory);
                foreach (var segment in old)
                    segment.MarkDeleted();
                _files.FlushDirectory(Directory);
                cleaned.MoveTo("");
                _files.FlushDirectory(Directory);
                Doom(old);
            });
        }
        finally
        {
            _swapGate.Exit();
        }
    }

    private void Doom(IReadOnlyList<LogSegment> old)
    {
        var due = _time.GetUtcNow().AddMilliseconds(Options.FileDeleteDelayMs);
        lock (_deleted)
        {
            _deleted.AddRange(old.Select(s => (s, due)));
            Volatile.Write(ref _waitingForDeletion, _deleted.Count);
        }
    }
}
