using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// All of log.dirs. Order of use: <see cref="Open"/> (locks, reads meta.properties), <see cref="Adopt"/> once broker id and cluster
/// id are known, <see cref="LoadAsync"/>, <see cref="StartAsync"/> (the loop that flushes, checkpoints and removes what was deleted),
/// at the end <see cref="StopAsync"/>. Creating and deleting logs takes one lock; finding them takes none.
/// </summary>
public sealed class LogDirectories : IAsyncDisposable
{
    /// <summary>How often the loop looks for flushes that are due and files to remove. Kafka does both by timers of about this grain.</summary>
    private static readonly TimeSpan TendEvery = TimeSpan.FromSeconds(1);

    /// <summary>How often a loading that takes long says how far it is.</summary>
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(5);

    /// <summary>A disk that has not answered for so long is reported.</summary>
    private static readonly TimeSpan StalledAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private Task _watch = Task.CompletedTask;

    private LogDirectories(IReadOnlyList<LogDirectory> all, TimeProvider time, ILogger logger) => (All, _time, _logger) = (all, time, logger);

    public IReadOnlyList<LogDirectory> All { get; }

    /// <summary>log.flush.offset.checkpoint.interval.ms: how much a crash makes the recovery read again.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Raised when a directory goes offline, after its logs did. May come from under any lock: a listener only takes note of it.
    /// </summary>
    public event Action<LogDirectory>? DirectoryFailed;

    /// <summary>broker.id of meta.properties, null at the first start. Directories that disagree are an error at Open.</summary>
    public int? SavedBrokerId { get; private init; }

    /// <summary>cluster.id of meta.properties, null at the first start.</summary>
    public string? SavedClusterId { get; private init; }

    /// <summary>Every log that is open here.</summary>
    public IReadOnlyCollection<PartitionLog> Logs => [.. All.SelectMany(d => d.Logs)];

    /// <summary>Creates missing directories and locks them all; LogStorageException names the holder of a lock that is taken.</summary>
    public static LogDirectories Open(
        IReadOnlyList<string> paths, ILogFiles files, TimeProvider time, ILoggerFactory loggers, TimeSpan? checkpointInterval = null)
    {
        if (paths.Count == 0)
            throw new ArgumentException("At least one log directory is needed.", nameof(paths));
        var logger = loggers.CreateLogger<LogDirectories>();
        var opened = new List<LogDirectory>();
        try
        {
            foreach (var path in paths.Select(Path.GetFullPath).Distinct(StringComparer.Ordinal))
                opened.Add(OpenOne(path, files, time, logger));
            ThrowIfNoneIsUsable(opened);
            return new LogDirectories(opened, time, logger)
            {
                CheckpointInterval = checkpointInterval ?? TimeSpan.FromSeconds(60),
                SavedBrokerId = Agreed(opened, "broker.id", i => i.BrokerId),
                SavedClusterId = Agreed(opened, "cluster.id", i => i.ClusterId),
            };
        }
        catch
        {
            opened.ForEach(d => d.Dispose());
            throw;
        }
    }

    // one disk that is gone must not keep the others from being served; a lock that is held or a foreign identity is a mistake, and is told as one
    private static LogDirectory OpenOne(string path, ILogFiles files, TimeProvider time, ILogger logger)
    {
        try
        {
            return LogDirectory.Open(path, files, time, logger);
        }
        catch (Exception e) when (e is IOException and not LogStorageException or UnauthorizedAccessException)
        {
            return LogDirectory.Unavailable(path, e, files, time, logger);
        }
    }

    private static void ThrowIfNoneIsUsable(IReadOnlyList<LogDirectory> directories)
    {
        if (directories.All(d => d.IsOffline))
            throw new LogStorageException(
                $"None of the log directories can be used: {string.Join("; ", directories.Select(d => $"{d.Path} ({d.Failure?.Message})"))}. Check log.dirs and the disks.");
    }

    /// <summary>Checks both against meta.properties (LogStorageException when they differ) and writes what is missing.</summary>
    public void Adopt(int brokerId, string clusterId)
    {
        if (SavedBrokerId is { } id && id != brokerId)
            throw new LogStorageException($"The log directories belong to broker {id}, this is broker {brokerId}. Check log.dirs and broker.id.");
        if (SavedClusterId is { } cluster && cluster != clusterId)
            throw new LogStorageException($"The log directories belong to cluster {cluster}, ZooKeeper names cluster {clusterId}. Check log.dirs and zookeeper.connect.");
        foreach (var directory in All.Where(d => !d.IsOffline))
            directory.Adopt(brokerId, clusterId);
    }

    /// <summary>
    /// Loads every partition log, recovering those that were not shut down cleanly; directories side by side, in each one as many
    /// logs as <paramref name="threadsPerDirectory"/>. topicConfig gives a topic's own settings, null for none. A directory that fails
    /// goes offline; LogStorageException when all of them did.
    /// </summary>
    public async Task LoadAsync(LogOptions defaults, Func<string, IReadOnlyDictionary<string, string>?> topicConfig, CancellationToken ct,
        int threadsPerDirectory = 1)
    {
        LogOptions OptionsOf(string topic) => topicConfig(topic) is { } own ? defaults.WithTopicConfig(own) : defaults;
        foreach (var directory in All)
            directory.WentOffline = d => DirectoryFailed?.Invoke(d);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var telling = TellProgressAsync(over.Token);
        // the scheduler's threads do the reading, so that several disks are read at once
        try
        {
            await SideBySide.ForEachAsync([.. All.Where(d => !d.IsOffline)], All.Count, ct,
                async (directory, token) => await directory.LoadAsync(OptionsOf, threadsPerDirectory, token));
        }
        finally
        {
            over.Cancel();
            await telling;
        }
        ThrowIfNoneIsUsable(All);
        foreach (var twice in All.SelectMany(d => d.Logs).GroupBy(l => l.Id).Where(g => g.Count() > 1))
            throw new LogStorageException($"{twice.Key} is in two log directories: {string.Join(" and ", twice.Select(l => l.Directory))}. Move the older one away.");
    }

    private async Task TellProgressAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(ProgressEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                foreach (var directory in All.Where(d => !d.IsOffline && !d.Progress.IsDone))
                    _logger.LogInformation("Loading {Path}: {Progress}", directory.Path, directory.Progress);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    public Task StartAsync(CancellationToken ct)
    {
        _loop = TendLoopAsync(_stopping.Token);
        _watch = WatchLoopAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>Ends the loop, flushes and closes every log, writes the checkpoints, and last the clean-shutdown mark.</summary>
    public async Task StopAsync(long brokerEpoch, CancellationToken ct)
    {
        _stopping.Cancel();
        await _watch;
        await _loop;
        await SideBySide.ForEachAsync(All, All.Count, ct, (directory, _) =>
        {
            directory.Close(brokerEpoch);
            return ValueTask.CompletedTask;
        });
    }

    public PartitionLog? Find(TopicPartition id)
    {
        foreach (var directory in All)
        {
            if (directory.Find(id) is { } log)
                return log;
        }
        return null;
    }

    public LogDirectory DirectoryOf(PartitionLog log) =>
        All.FirstOrDefault(d => ReferenceEquals(d.Find(log.Id), log))
        ?? throw new ArgumentException($"The log of {log.Id} is in none of the log directories.", nameof(log));

    /// <summary>
    /// The log of a partition; when there is none, a new one in the directory with the fewest. A log of another topic id (the topic was
    /// deleted and created again while this broker was away) is LogStorageException; so is a missing log when a directory is offline
    /// and the partition is not new, because its records may be there.
    /// </summary>
    public PartitionLog GetOrCreate(TopicPartition id, Guid topicId, LogOptions options, bool isNew)
    {
        lock (_gate)
        {
            if (Find(id) is { } found)
            {
                if (found.TopicId is null && topicId != Guid.Empty)
                    found.SetTopicId(topicId);
                return found;
            }
            if (All.Select(d => d.UnusableLogs.GetValueOrDefault(id)).FirstOrDefault(r => r is not null) is { } reason)
                throw new LogStorageException(reason);
            if (!isNew && All.Any(d => d.IsOffline))
                throw new LogStorageException($"The log of {id} is not here, and a log directory is offline that may hold it.");
            var directory = All.Where(d => !d.IsOffline).MinBy(d => d.LogCount)
                ?? throw new LogStorageException("All log directories are offline.");
            return directory.Create(id, topicId, options);
        }
    }

    /// <summary>Closes the log and renames its directory to -delete; the bytes go later. Nothing happens when there is none.</summary>
    public void Delete(TopicPartition id)
    {
        lock (_gate)
        {
            foreach (var directory in All)
                directory.Delete(id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await _watch;
        await _loop;
        foreach (var directory in All)
            directory.Dispose();
        _stopping.Dispose();
    }

    private async Task TendLoopAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TendEvery, _time);
        var checkpointed = _time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (var directory in All.Where(d => !d.IsOffline))
                    directory.Tend();
                if (_time.GetElapsedTime(checkpointed) < CheckpointInterval)
                    continue;
                Checkpoint();
                checkpointed = _time.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
            _logger.LogDebug("The flush loop has ended");
        }
    }

    /// <summary>Writes the recovery point and log start checkpoints of every directory now.</summary>
    public void Checkpoint()
    {
        foreach (var directory in All)
        {
            directory.LookForLogs();
            directory.CheckpointRecoveryPoints();
            directory.CheckpointLogStarts();
        }
    }

    // beside the loop that writes: that one hangs when the disk does
    private async Task WatchLoopAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TendEvery, _time);
        var stalled = new HashSet<LogDirectory>();
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                foreach (var directory in All)
                    WatchFor(directory, stalled);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private void WatchFor(LogDirectory directory, HashSet<LogDirectory> stalled)
    {
        if (directory.Waiting < StalledAfter)
        {
            if (stalled.Remove(directory))
                _logger.LogWarning("The disk of {Path} answers again", directory.Path);
        }
        else if (stalled.Add(directory))
            _logger.LogError("The disk of {Path} has not answered for {Seconds:F0} s; whatever writes to it waits", directory.Path, directory.Waiting.TotalSeconds);
    }

    private static T? Agreed<T>(IReadOnlyList<LogDirectory> directories, string key, Func<MetaPropertiesFile.Content, T?> of)
    {
        var values = directories.Where(d => d.Identity is not null).Select(d => of(d.Identity!.Value)).Where(v => v is not null).Distinct().ToList();
        return values.Count <= 1
            ? values.FirstOrDefault()
            : throw new LogStorageException($"The log directories disagree about {key}: {string.Join(", ", values)}. They belong to different brokers.");
    }
}
