namespace ClassicBroker.Broker.Log;

/// <summary>What becomes of the log when the disk fails it.</summary>
public sealed partial class PartitionLog
{
    private long _refusedForSpace;

    /// <summary>Reads that met bytes which are not what was written; they were not served.</summary>
    public long CorruptReads => Interlocked.Read(ref _corruptReads);

    private long _corruptReads;

    /// <summary>
    /// A change that failed. A full disk refuses this one change and no more: the file was cut back to what it held, so the same change
    /// can be tried again as it is. Everything else takes the log offline: what is in memory no longer tells what is on disk.
    /// </summary>
    private LogStorageException ChangeFailed(string what, Exception cause)
    {
        if (!DiskFailure.IsFull(cause))
            return GoOffline(what, cause);
        // once per episode: producers try again many times a second
        if (Interlocked.Increment(ref _refusedForSpace) == 1)
            _logger.LogError("{Partition}: the disk of {Directory} is full; writes are refused until there is room, reads go on: {Reason}", Id, Directory, cause.Message);
        return new LogStorageException($"Could not {what} the log of {Id}: the disk of {Directory} is full. Nothing was written; it goes on by itself when there is room.", cause);
    }

    private void ThereIsRoomAgain()
    {
        if (Interlocked.Exchange(ref _refusedForSpace, 0) is > 0 and var refused)
            _logger.LogInformation("{Partition}: there is room again in {Directory}; {Count} writes had been refused", Id, Directory, refused);
    }

    /// <summary>A read that failed: bytes that are wrong concern this place only, a disk that does not read concerns its directory.</summary>
    private LogStorageException ReadFailed(Exception cause)
    {
        if (cause is IOException or UnauthorizedAccessException && !IsOffline && !IsDirectoryBeingMoved(cause))
            return GoOffline("read", cause);
        if (!IsOffline && cause is not ObjectDisposedException && Interlocked.Increment(ref _corruptReads) is var count && IsWorthTelling(count))
            _logger.LogError("{Partition}: a read met damaged bytes in {Directory} and was refused ({Count} so far): {Reason}", Id, Directory, count, cause.Message);
        return new LogStorageException($"Could not read the log of {Id}: {cause.Message}", cause);
    }

    // a consumer that meets damage asks again and again: tell the first, and then ever fewer
    private static bool IsWorthTelling(long count) => (count & (count - 1)) == 0;

    // retention renames a segment while a reader is about to open it: not the disk's fault, and the next read finds the new start
    private bool IsDirectoryBeingMoved(Exception cause) =>
        cause is FileNotFoundException && Array.TrueForAll(Volatile.Read(ref _segments), s => _files.FileExists(s.PathOf(SegmentNames.Log)));

    // A snapshot saves reading at the next start; without room for it there will be more to read.
    private void SaveProducersIfRoom()
    {
        try
        {
            _producers.Save(LogEndOffset, durably: false);
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            _logger.LogDebug(e, "{Partition}: no room for a snapshot of the producers", Id);
        }
    }

    // Recovery verified everything; that it is durable too saves the next crash the work, and can wait until there is room.
    private void FlushIfRoom()
    {
        try
        {
            Flush();
        }
        catch (LogStorageException e) when (DiskFailure.IsFull(e))
        {
            _logger.LogDebug(e, "{Partition}: not flushed", Id);
        }
    }

    private void TrySeal(LogSegment segment)
    {
        try
        {
            segment.Seal();
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            _logger.LogDebug(e, "{Partition}: the indexes of {Segment} were not written; they will be built anew", Id, segment.BaseOffset);
        }
    }

    private void Change(string what, Action change)
    {
        ThrowIfOffline();
        try
        {
            change();
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            throw ChangeFailed(what, e);
        }
    }

    private static bool IsDiskFailure(Exception e) => DiskFailure.IsAny(e);

    private LogStorageException GoOffline(string what, Exception cause)
    {
        _failure = cause;
        _logger.LogError(cause, "{Partition}: could not {What} the log in {Directory}; it is offline until the broker starts again", Id, what, Directory);
        if (cause is IOException or UnauthorizedAccessException)
            Failed?.Invoke(cause);
        return new LogStorageException($"Could not {what} the log of {Id} in {Directory}: {cause.Message}", cause);
    }

    /// <summary>The directory failed: nothing of this log is served or written any more.</summary>
    internal void TakeOffline(Exception cause) => _failure ??= cause;

    private void ThrowIfOffline()
    {
        if (_failure is { } cause)
            throw new LogStorageException($"The log of {Id} is offline: {cause.Message}", cause);
    }
}
