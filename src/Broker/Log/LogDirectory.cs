using System.Collections.Concurrent;
using System.Globalization;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// One of log.dirs: the partitions whose logs lie in it, one directory each (<c>topic-partition</c>), and the files they share: the
/// lock, the identity, the clean-shutdown mark and the checkpoints. A failure of one directory takes all its partitions offline, not
/// the broker. Owner: <see cref="LogDirectories"/>; the map of logs may be read from any thread.
/// </summary>
public sealed partial class LogDirectory : IDisposable
{
    // idle segments are given up within so many turns of Tend
    private const int TurnsToRestAll = 10;

    private const string LockName = ".lock", DeleteSuffix = "-delete", StraySuffix = "-stray", FutureSuffix = "-future";

    private readonly ILogFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IDisposable _lock;
    private readonly CheckpointFile _recoveryPoints, _logStarts, _highWatermarks;
    private readonly ConcurrentDictionary<TopicPartition, PartitionLog> _logs = new();
    private readonly ConcurrentQueue<(string Path, DateTimeOffset Due)> _doomed = new();
    private readonly DiskActivity _activity;
    private volatile Exception? _failure;
    private volatile bool _isFull;
    private int _turn;

    private LogDirectory(string path, IDisposable held, ILogFiles files, TimeProvider time, ILogger logger)
    {
        (Path, _lock, _files, _time, _logger) = (path, held, files, time, logger);
        (_activity, Progress) = (new DiskActivity(time), new RecoveryProgress(time));
        _recoveryPoints = new CheckpointFile(files, System.IO.Path.Combine(path, CheckpointFile.RecoveryPoint));
        _logStarts = new CheckpointFile(files, System.IO.Path.Combine(path, CheckpointFile.LogStart));
        _highWatermarks = new CheckpointFile(files, System.IO.Path.Combine(path, CheckpointFile.HighWatermark));
        Cleaned = new CleanerOffsets(files, path);
    }

    public string Path { get; }

    /// <summary>The disk failed; nothing of this directory is served or written any more.</summary>
    public bool IsOffline => _failure is not null;

    /// <summary>Why it is offline; null while it is not.</summary>
    public Exception? Failure => _failure;

    /// <summary>The last write of this directory's own files found no room. Ends by itself.</summary>
    public bool IsFull => _isFull;

    /// <summary>How long the slowest operation on this directory has been waiting for the disk; zero when none is under way.</summary>
    public TimeSpan Waiting => _activity.Longest;

    /// <summary>What loading found and did.</summary>
    public RecoveryProgress Progress { get; }

    /// <summary>How far each log here is compacted.</summary>
    public CleanerOffsets Cleaned { get; }

    public ICollection<PartitionLog> Logs => _logs.Values;

    public int LogCount => _logs.Count;

    /// <summary>Called once, when the directory goes offline; all its logs are offline by then.</summary>
    internal Action<LogDirectory>? WentOffline { get; set; }

    internal MetaPropertiesFile.Content? Identity { get; private set; }

    /// <summary>Locks the directory, creating it if need be. LogStorageException tells who holds a lock that is taken.</summary>
    internal static LogDirectory Open(string path, ILogFiles files, TimeProvider time, ILogger logger)
    {
        files.CreateDirectory(path);
        var owner = string.Create(CultureInfo.InvariantCulture, $"pid {Environment.ProcessId} on {Environment.MachineName}\n");
        var held = files.TryLock(System.IO.Path.Combine(path, LockName), owner, out var holder)
            ?? throw new LogStorageException(
                $"Log directory {path} is in use by another broker ({holder ?? "which did not leave its name"}): its file {LockName} is locked. "
                + "Stop that broker, or give this one a log.dirs of its own.");
        try
        {
            return new LogDirectory(path, held, files, time, logger) { Identity = MetaPropertiesFile.Read(files, path) };
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>A directory that cannot even be opened: offline from the beginning.</summary>
    internal static LogDirectory Unavailable(string path, Exception cause, ILogFiles files, TimeProvider time, ILogger logger)
    {
        logger.LogError(cause, "Log directory {Path} cannot be used; it is offline until the broker starts again", path);
        return new LogDirectory(path, NoLock.Instance, files, time, logger) { _failure = cause };
    }

    internal void Adopt(int brokerId, string clusterId)
    {
        if (Identity == new MetaPropertiesFile.Content(brokerId, clusterId))
            return;
        if (Guarded("write meta.properties in", () => MetaPropertiesFile.Write(_files, Path, brokerId, clusterId)))
            Identity = new MetaPropertiesFile.Content(brokerId, clusterId);
    }

    internal PartitionLog? Find(TopicPartition id) => _logs.GetValueOrDefault(id);

    internal PartitionLog Create(TopicPartition id, Guid topicId, LogOptions options)
    {
        // a directory that is there already was passed over by the loading, or put there since: nothing is known about it
        var isThere = _files.DirectoryExists(System.IO.Path.Combine(Path, id.ToString()));
        var log = Add(id, options, cleanShutdown: !isThere, 0, 0);
        if (topicId != Guid.Empty)
            log.SetTopicId(topicId);
        _files.FlushDirectory(Path);
        return log;
    }

    /// <summary>Closes the log and renames its directory so that it counts as deleted; its bytes are removed after file.delete.delay.ms.</summary>
    internal void Delete(TopicPartition id)
    {
        if (!_logs.TryRemove(id, out var log))
            return;
        var tail = $".{Guid.NewGuid():N}{DeleteSuffix}";
        var name = id.ToString();
        // a directory name has room for 255 characters
        var path = System.IO.Path.Combine(Path, name[..Math.Min(name.Length, 255 - tail.Length)] + tail);
        log.MoveDirectory(path);
        _files.FlushDirectory(Path);
        _doomed.Enqueue((path, _time.GetUtcNow().AddMilliseconds(log.Options.FileDeleteDelayMs)));
        CheckpointRecoveryPoints();
        Guarded("checkpoint the cleaner's offsets in", () => Cleaned.Forget(id));
    }

    /// <summary>High watermarks as last checkpointed here.</summary>
    public IReadOnlyDictionary<TopicPartition, long> ReadHighWatermarks() => ReadOrNone(_highWatermarks);

    /// <summary>Writes the high watermarks of the partitions here; nothing happens when the directory is offline.</summary>
    public void WriteHighWatermarks(IReadOnlyCollection<KeyValuePair<TopicPartition, long>> highWatermarks) =>
        Guarded("checkpoint high watermarks in", () => _highWatermarks.Write(highWatermarks));

    internal bool CheckpointRecoveryPoints() => Guarded("checkpoint recovery points in", () =>
        _recoveryPoints.Write([.. _logs.Select(l => KeyValuePair.Create(l.Key, l.Value.RecoveryPoint))]));

    internal bool CheckpointLogStarts() => Guarded("checkpoint log start offsets in", () => _logStarts.Write(
        [.. _logs.Where(l => l.Value.LogStartOffset > l.Value.FirstSegmentOffset).Select(l => KeyValuePair.Create(l.Key, l.Value.LogStartOffset))]));

    // A log is about to be cut below what the file names as flushed. If there is no room for the right file, none is right too: after a crash all is read.
    private void LowerRecoveryPoints()
    {
        if (!CheckpointRecoveryPoints() && !IsOffline)
            Guarded("remove the recovery points of", _recoveryPoints.Delete);
    }

    /// <summary>
    /// Flushes what is due, and for a tenth of the logs each time rests idle segments and removes files whose deletion is due, so that many
    /// logs cost little each second. Finds out, too, whether the directory is still there.
    /// </summary>
    internal void Tend()
    {
        Guarded("look at", () =>
        {
            if (!_files.DirectoryExists(Path))
                throw new DirectoryNotFoundException($"{Path} is no longer there.");
        });
        var (turn, number) = (_turn = (_turn + 1) % TurnsToRestAll, 0);
        foreach (var (_, log) in _logs)
        {
            var rests = ++number % TurnsToRestAll == turn;
            if (!log.IsOffline && (rests || log.FlushIsDue))
                Guarded("tend", () => Tend(log, rests));
        }
        while (_doomed.TryPeek(out var next) && next.Due <= _time.GetUtcNow() && _doomed.TryDequeue(out next))
            Guarded("delete from", () => _files.DeleteDirectory(next.Path));
    }

    private static void Tend(PartitionLog log, bool rests)
    {
        if (log.FlushIsDue)
            log.Flush();
        if (rests)
            log.RestIdleSegments();
    }

    /// <summary>Looks whether the files of logs that are written to are still there: a file that was deleted under us goes on taking writes.</summary>
    internal void LookForLogs()
    {
        foreach (var (_, log) in _logs)
        {
            if (!log.IsOffline && log.LogEndOffset > log.RecoveryPoint && !_files.DirectoryExists(log.Directory) && Find(log.Id) == log)
                Guarded("find", () => throw new DirectoryNotFoundException($"{log.Directory} is no longer there."));
        }
    }

    /// <summary>
    /// Flushes and closes all logs and writes the checkpoints; only if every log had been loaded and all of it succeeded, the clean-shutdown
    /// mark: a start that failed, or a stop on a full disk, must not vouch for what it has not seen or not written (KAFKA-13773).
    /// </summary>
    internal void Close(long brokerEpoch)
    {
        var clean = !IsOffline && _isLoaded && _unusable.IsEmpty;
        foreach (var (_, log) in _logs)
        {
            try
            {
                if (!log.IsOffline)
                    log.FlushForStop();
                clean &= !log.IsOffline;
            }
            catch (LogStorageException e)
            {
                clean = false;
                _logger.LogError(e, "{Partition} could not be flushed; the next start will recover {Path}", log.Id, Path);
            }
            log.Dispose();
        }
        clean &= CheckpointRecoveryPoints() & CheckpointLogStarts();
        if (clean)
            Guarded("mark", () => CleanShutdownMark.Write(_files, Path, brokerEpoch));
    }

    public void Dispose()
    {
        foreach (var log in _logs.Values)
            log.Dispose();
        _lock.Dispose();
    }

    private PartitionLog Add(TopicPartition id, LogOptions options, bool cleanShutdown, long recoveryPoint, long logStart)
    {
        var log = PartitionLog.Open(System.IO.Path.Combine(Path, id.ToString()), id, options, _files, _time, _logger, cleanShutdown, recoveryPoint, logStart, Progress);
        log.RecoveryPointLowered = _ => LowerRecoveryPoints();
        log.Failed = cause => GoOffline($"use {id} in", cause);
        log.Cutting = (_, offset) => Cleaned.BeforeCut(id, offset);
        _logs[id] = log;
        return log;
    }

    // true when it was done
    private bool Guarded(string what, Action action)
    {
        if (IsOffline)
            return false;
        using var _ = _activity.Begin();
        try
        {
            action();
            if (_isFull)
                NoteRoom();
            return true;
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            NoteFull(what, e);
        }
        catch (LogStorageException e)
        {
            // a log that is offline or deleted has told so itself
            _logger.LogDebug(e, "Could not {What} {Path}", what, Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoOffline(what, e);
        }
        return false;
    }

    private void NoteFull(string what, Exception cause)
    {
        if (!_isFull)
            _logger.LogError("Could not {What} {Path}: the disk is full. Reads go on, and writes will when there is room: {Reason}", what, Path, cause.Message);
        _isFull = true;
    }

    private void NoteRoom()
    {
        _isFull = false;
        _logger.LogInformation("There is room again on the disk of {Path}", Path);
    }

    private void GoOffline(string what, Exception cause)
    {
        if (Interlocked.CompareExchange(ref _failure, cause, null) is not null)
            return;
        foreach (var (_, log) in _logs)
            log.TakeOffline(cause);
        _logger.LogError(cause, "Could not {What} log directory {Path}; it is offline until the broker starts again", what, Path);
        WentOffline?.Invoke(this);
    }

    private sealed class NoLock : IDisposable
    {
        public static readonly NoLock Instance = new();

        public void Dispose()
        {
            // nothing is held
        }
    }
}
