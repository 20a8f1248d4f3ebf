using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>Everything that takes records away from the log or makes them durable.</summary>
public sealed partial class PartitionLog
{
    private int _waitingForDeletion;

    /// <summary>
    /// Cuts every batch that holds <paramref name="offset"/> or more, and the epochs that begin there. The log end is then
    /// <paramref name="offset"/>, or the base offset of a batch that it fell into (batches are never cut in two).
    /// </summary>
    public void TruncateTo(long offset) => Change("truncate", () =>
    {
        if (offset >= LogEndOffset)
        {
            _epochs.CutEnd(Math.Max(offset, LogEndOffset));
            return;
        }
        if (offset < _segments[0].BaseOffset)
        {
            Empty(offset);
            return;
        }
        _logger.LogInformation("{Partition}: truncated from log end {End} to {Offset}", Id, LogEndOffset, offset);
        Cutting?.Invoke(this, offset);
        LowerRecoveryPoint(offset);
        Cut(() =>
        {
            var keep = Array.FindLastIndex(_segments, s => s.BaseOffset <= offset);
            DeleteFromTheEnd(_segments[(keep + 1)..]);
            var active = _segments[keep];
            var end = offset;
            if (active.Find(offset) is { } cut)
            {
                end = Math.Min(offset, cut.Head.BaseOffset);
                active.CutAt(cut.Position, end);
                // or a power loss could bring back, behind the new end, what another leader never had
                active.Flush(indexesToo: false);
                NoteTail(active);
            }
            Volatile.Write(ref _segments, _segments[..(keep + 1)]);
            Volatile.Write(ref _logEnd, end);
            Volatile.Write(ref _logStart, Math.Min(_logStart, end));
            Volatile.Write(ref _recoveryPoint, Math.Min(_recoveryPoint, end));
        });
        _epochs.CutEnd(LogEndOffset);
        _producers.Rebuild(_segments, LogEndOffset);
    });

    /// <summary>Deletes everything; the log begins anew, empty, at <paramref name="offset"/>.</summary>
    public void RestartAt(long offset) => Change("empty", () => Empty(offset));

    /// <summary>
    /// Raises the log start offset to <paramref name="offset"/>; a lower one changes nothing. Bytes go at the next retention run.
    /// </summary>
    /// <exception cref="OffsetOutOfRangeException">above the log end</exception>
    public void MoveLogStart(long offset) => Change("move the start of", () =>
    {
        if (offset > LogEndOffset)
            throw new OffsetOutOfRangeException(offset, LogStartOffset, LogEndOffset);
        if (offset <= LogStartOffset)
            return;
        Volatile.Write(ref _logStart, offset);
        _epochs.CutStart(offset);
    });

    /// <summary>
    /// Deletes whole segments from the front: those below the log start offset always; where cleanup.policy has delete, also those
    /// whose youngest record is older than retention.ms and those that keep the log above retention.bytes. Nothing at or above
    /// <paramref name="upTo"/> (the high watermark) goes, nor what a transaction that is still open wrote. The active segment may go
    /// too; then a new one is begun first. Files are renamed now and removed after file.delete.delay.ms. Returns the segments deleted.
    /// With <paramref name="byTime"/> false (the clock is not to be trusted) nothing is deleted for its age.
    /// </summary>
    public int ApplyRetention(long upTo, bool byTime = true)
    {
        var deleted = 0;
        Change("delete old segments of", () =>
        {
            var limit = Math.Min(Math.Min(upTo, FirstUnstableOffset ?? upTo), LogEndOffset);
            deleted = LogRetention.CountToDelete(_segments, Options, LogStartOffset, limit, LogEndOffset, byTime ? _time.GetUtcNow() : null);
            if (deleted == 0)
                return;
            if (deleted == _segments.Length)
                Roll(LogEndOffset);
            var due = _time.GetUtcNow().AddMilliseconds(Options.FileDeleteDelayMs);
            var old = _segments[..deleted];
            Volatile.Write(ref _segments, _segments[deleted..]);
            Volatile.Write(ref _logStart, Math.Max(_logStart, _segments[0].BaseOffset));
            lock (_swapGate)
            {
                foreach (var segment in old)
                {
                    segment.MarkDeleted();
                    lock (_deleted)
                    {
                        _deleted.Add((segment, due));
                        Volatile.Write(ref _waitingForDeletion, _deleted.Count);
                    }
                }
            }
            _epochs.CutStart(LogStartOffset);
            _producers.DeleteSnapshotsBelow(FirstSegmentOffset);
            _logger.LogInformation("{Partition}: {Count} old segments deleted, the log now starts at {Start}", Id, deleted, LogStartOffset);
        });
        return deleted;
    }

    /// <summary>Makes what was written durable and moves the recovery point. May run beside everything else.</summary>
    public void Flush()
    {
        ThrowIfOffline();
        lock (_flushGate)
        {
            ThrowIfOffline();
            var (target, from) = (LogEndOffset, RecoveryPoint);
            if (target <= from)
                return;
            try
            {
                var segments = Volatile.Read(ref _segments);
                for (var i = 0; i < segments.Length; i++)
                {
                    var isActive = i == segments.Length - 1;
                    // what lies below the recovery point is trusted after a crash, indexes included; the active segment is always read again
                    if (isActive || segments[i + 1].BaseOffset > from)
                        segments[i].Flush(indexesToo: !isActive);
                }
                _epochs.WriteIfBehind();
                _files.FlushDirectory(Directory);
            }
            catch (Exception e) when (IsDiskFailure(e))
            {
                // a full disk here is an index or epoch file that did not fit: the recovery point stays, and the next flush tries again
                throw ChangeFailed("flush", e);
            }
            Volatile.Write(ref _recoveryPoint, target);
            Volatile.Write(ref _lastFlush, _time.GetTimestamp());
        }
    }

    /// <summary>Whether flush.ms has passed with unflushed records, or a sealed segment waits to be flushed.</summary>
    internal bool FlushIsDue =>
        LogEndOffset > RecoveryPoint
        && (Volatile.Read(ref _segments)[^1].BaseOffset > RecoveryPoint
            || _time.GetElapsedTime(Volatile.Read(ref _lastFlush)).TotalMilliseconds >= Options.FlushMs);

    /// <summary>Gives up the files and indexes of older segments that nobody reads, and removes files whose deletion is due.</summary>
    internal void RestIdleSegments()
    {
        var segments = Volatile.Read(ref _segments);
        if (segments.Length == 1 && Volatile.Read(ref _waitingForDeletion) == 0 && HotTailBytes == 0)
            return;
        lock (_flushGate)
        {
            if (IsOffline)
                return;
            segments = Volatile.Read(ref _segments);
            _tail.Rest();
            foreach (var segment in segments.AsSpan(..^1))
                segment.Rest();
            lock (_deleted)
            {
                var now = _time.GetUtcNow();
                foreach (var (segment, _) in _deleted.Where(d => d.Due <= now))
                    segment.DeleteFiles();
                _deleted.RemoveAll(d => d.Due <= now);
                Volatile.Write(ref _waitingForDeletion, _deleted.Count);
            }
        }
    }

    /// <summary>
    /// Everything the next start relies on after an orderly stop, durably: batches, complete indexes, epochs, producers.
    /// LogStorageException when any of it could not be written; then there was no orderly stop.
    /// </summary>
    internal void FlushForStop()
    {
        ThrowIfOffline();
        Flush();
        lock (_flushGate)
        {
            Change("close", () =>
            {
                var active = _segments[^1];
                active.Seal();
                active.Flush(indexesToo: true);
                _epochs.WriteIfBehind();
                _files.FlushDirectory(Directory);
            });
        }
        SaveProducers();
    }

    /// <summary>Closes the log and renames its directory, for a deletion of the whole partition.</summary>
    internal void MoveDirectory(string path)
    {
        lock (_swapGate)
        lock (_flushGate)
        {
            Dispose();
            _failure = new IOException("The partition is deleted.");
            _files.RenameDirectory(Directory, path);
            Volatile.Write(ref _directory, path);
        }
    }

    // Last first, and durably before the cut: whatever a power loss brings back, no hole is left between what stays and what came back.
    private void DeleteFromTheEnd(LogSegment[] segments)
    {
        for (var i = segments.Length - 1; i >= 0; i--)
            segments[i].DeleteFiles();
        if (segments.Length > 0)
            _files.FlushDirectory(Directory);
    }

    private void Empty(long offset)
    {
        _logger.LogInformation("{Partition}: emptied (it held {Start} to {End}), begins anew at {Offset}", Id, LogStartOffset, LogEndOffset, offset);
        Cutting?.Invoke(this, offset);
        LowerRecoveryPoint(offset);
        Cut(() =>
        {
            foreach (var segment in _segments)
                segment.DeleteFiles();
            Volatile.Write(ref _segments, [LogSegment.Create(_files, Directory, offset, Options, _time.GetUtcNow())]);
            _files.FlushDirectory(Directory);
            Volatile.Write(ref _logStart, offset);
            Volatile.Write(ref _logEnd, offset);
            Volatile.Write(ref _recoveryPoint, offset);
        });
        _epochs.Clear();
        _producers.Clear();
    }

    // A checkpoint file must never name more as flushed than the log will hold, or a crash after new appends would skip verifying them.
    private void LowerRecoveryPoint(long offset)
    {
        if (RecoveryPoint <= offset)
            return;
        lock (_flushGate)
            Volatile.Write(ref _recoveryPoint, offset);
        RecoveryPointLowered?.Invoke(this);
    }

    private void Cut(Action change)
    {
        lock (_swapGate)
        lock (_flushGate)
        lock (_cutGate)
        {
            Interlocked.Increment(ref _cuts);
            try
            {
                _tail.Clear();
                _spots.Clear();
                change();
            }
            catch (IOException e) when (DiskFailure.IsFull(e))
            {
                // half done, so not to be tried again as if nothing had happened
                throw new InvalidDataException($"the disk became full in the middle: {e.Message}", e);
            }
            finally
            {
                Interlocked.Increment(ref _cuts);
            }
        }
    }

    // what lies behind the last time index entry may hold a later time than the entry
    private static void NoteTail(LogSegment segment)
    {
        using var scan = new SegmentScan(segment);
        scan.Run(segment.Offsets.Last.Position, segment.BaseOffset, verifyCrc: false,
            (in RecordBatch batch, long _) => segment.NoteTimestamp(batch.MaxTimestamp, batch.LastOffset));
    }

    private void FlushIfDue(LogOptions options)
    {
        if (_refusedForSpace > 0)
            ThereIsRoomAgain();
        if (LogEndOffset - RecoveryPoint >= options.FlushMessages)
            Flush();
    }
}
