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
public sealed class LogDirectory : IDisposable
{
    private const string LockName = ".lock", DeleteSuffix = "-delete", StraySuffix = "-stray", FutureSuffix = "-future";

    private readonly ILogFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IDisposable _lock;
    private readonly CheckpointFile _recoveryPoints, _logStarts, _highWatermarks;
    private readonly ConcurrentDictionary<TopicPartition, PartitionLog> _logs = new();
    private readonly ConcurrentQueue<(string Path, DateTimeOffset Due)> _doomed = new();
    private volatile bool _isOffline;

    private LogDirectory(string path, IDisposable held, ILogFiles files, TimeProvider time, ILogger logger)
    {
        (Path, _lock, _files, _time, _logger) = (path, held, files, time, logger);
        _recoveryPoints = new CheckpointFile(files, System.IO.Path.Combine(path, CheckpointFile.RecoveryPoint));
        _logStarts = new CheckpointFile(files, System.IO.Path.Combine(path, CheckpointFile.LogStart));
        _highWatermarks = new CheckpointFile(files, System.IO.Path.Combine(path, CheckpointFile.HighWatermark));
        Cleaned = new CleanerOffsets(files, path);
    }

    public string Path { get; }

    /// <summary>The disk failed; nothing of this directory is served or written any more.</summary>
    public bool IsOffline => _isOffline;

    /// <summary>How far each log here is compacted.</summary>
    public CleanerOffsets Cleaned { get; }

    public ICollection<PartitionLog> Logs => _logs.Values;

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

    internal void Adopt(int brokerId, string clusterId)
    {
        if (Identity == new MetaPropertiesFile.Content(brokerId, clusterId))
            return;
        MetaPropertiesFile.Write(_files, Path, brokerId, clusterId);
        Identity = new MetaPropertiesFile.Content(brokerId, clusterId);
    }

    /// <summary>Opens every partition log here, several at a time; a log that cannot be opened takes the directory offline.</summary>
    internal async Task LoadAsync(Func<string, LogOptions> optionsOf, int parallel, CancellationToken ct)
    {
        try
        {
            var clean = CleanShutdownMark.Take(_files, Path);
            var recoveryPoints = ReadOrNone(_recoveryPoints);
            var logStarts = ReadOrNone(_logStarts);
            LoadCleaned();
            var ids = new List<TopicPartition>();
            foreach (var name in _files.ListDirectories(Path))
            {
                if (name.EndsWith(DeleteSuffix, StringComparison.Ordinal))
                    _doomed.Enqueue((System.IO.Path.Combine(Path, name), _time.GetUtcNow()));
                else if (TryParseName(name, out var id))
                    ids.Add(id);
            }
            await SideBySide.ForEachAsync(ids, parallel, ct, (id, _) =>
            {
                Add(id, optionsOf(id.Topic), clean, recoveryPoints.GetValueOrDefault(id), logStarts.GetValueOrDefault(id));
                return ValueTask.CompletedTask;
            });
            // what recovery verified is flushed: the next crash need not verify it again
            if (!clean && ids.Count > 0)
                CheckpointRecoveryPoints();
            _logger.LogInformation("{Count} partition logs loaded from {Path} ({How})", ids.Count, Path, clean ? "clean" : "recovered");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoOffline("load", e);
        }
    }

    internal PartitionLog? Find(TopicPartition id) => _logs.GetValueOrDefault(id);

    internal PartitionLog Create(TopicPartition id, Guid topicId, LogOptions options)
    {
        var log = Add(id, options, cleanShutdown: true, 0, 0);
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

    internal void CheckpointRecoveryPoints() => Guarded("checkpoint recovery points in", () =>
        _recoveryPoints.Write([.. _logs.Values.Select(l => KeyValuePair.Create(l.Id, l.RecoveryPoint))]));

    internal void CheckpointLogStarts() => Guarded("checkpoint log start offsets in", () =>
        _logStarts.Write([.. _logs.Values.Where(l => l.LogStartOffset > l.FirstSegmentOffset).Select(l => KeyValuePair.Create(l.Id, l.LogStartOffset))]));

    /// <summary>Flushes what is due, rests idle segments, removes files whose deletion is due.</summary>
    internal void Tend()
    {
        foreach (var log in _logs.Values)
        {
            Guarded("tend", () =>
            {
                if (log.IsOffline)
                    return;
                if (log.FlushIsDue)
                    log.Flush();
                log.RestIdleSegments();
            });
        }
        while (_doomed.TryPeek(out var next) && next.Due <= _time.GetUtcNow() && _doomed.TryDequeue(out next))
            Guarded("delete from", () => _files.DeleteDirectory(next.Path));
    }

    /// <summary>Flushes and closes all logs and writes the checkpoints; only if all of it succeeded, the clean-shutdown mark.</summary>
    internal void Close(long brokerEpoch)
    {
        var clean = !IsOffline;
        foreach (var log in _logs.Values)
        {
            try
            {
                if (!log.IsOffline)
                {
                    log.Flush();
                    log.SaveProducers();
                }
                clean &= !log.IsOffline;
            }
            catch (LogStorageException e)
            {
                clean = false;
                _logger.LogError(e, "{Partition} could not be flushed; the next start will recover {Path}", log.Id, Path);
            }
            log.Dispose();
        }
        if (!clean)
            return;
        CheckpointRecoveryPoints();
        CheckpointLogStarts();
        if (!IsOffline)
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
        var log = PartitionLog.Open(System.IO.Path.Combine(Path, id.ToString()), id, options, _files, _time, _logger, cleanShutdown, recoveryPoint, logStart);
        log.RecoveryPointLowered = _ => CheckpointRecoveryPoints();
        log.Cutting = (_, offset) => Cleaned.BeforeCut(id, offset);
        log.Failed = cause => GoOffline($"write {id} in", cause);
        _logs[id] = log;
        return log;
    }

    // a checkpoint that makes no sense is not worth refusing to start: recovery then reads more, and replication knows the rest
    private IReadOnlyDictionary<TopicPartition, long> ReadOrNone(CheckpointFile file)
    {
        try
        {
            return file.Read();
        }
        catch (FormatException e)
        {
            _logger.LogWarning("{Message} It is ignored", e.Message);
            return new Dictionary<TopicPartition, long>();
        }
    }

    private void LoadCleaned()
    {
        try
        {
            Cleaned.Load();
        }
        catch (FormatException e)
        {
            _logger.LogWarning("{Message} It is ignored: every compacted log here is cleaned from its start", e.Message);
        }
    }

    private void Guarded(string what, Action action)
    {
        if (IsOffline)
            return;
        try
        {
            action();
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
    }

    private void GoOffline(string what, Exception cause)
    {
        if (_isOffline)
            return;
        _isOffline = true;
        foreach (var log in _logs.Values)
            log.TakeOffline(cause);
        _logger.LogError(cause, "Could not {What} log directory {Path}; it is offline until the broker starts again", what, Path);
    }

    private bool TryParseName(string name, out TopicPartition id)
    {
        id = default;
        if (name.EndsWith(StraySuffix, StringComparison.Ordinal) || name.EndsWith(FutureSuffix, StringComparison.Ordinal))
        {
            _logger.LogWarning("{Name} in {Path} is left alone", name, Path);
            return false;
        }
        var dash = name.LastIndexOf('-');
        if (dash <= 0 || !int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
            return false;
        id = new TopicPartition(name[..dash], partition);
        return true;
    }
}
