using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// All of log.dirs. Order of use: <see cref="Open"/> (locks, reads meta.properties), <see cref="Adopt"/> once broker id and cluster id
/// are known, <see cref="LoadAsync"/>, <see cref="StartAsync"/> (flush and checkpoint loop), at the end <see cref="StopAsync"/>.
/// </summary>
public sealed class LogDirectories : IAsyncDisposable
{
    private LogDirectories() { }

    /// <summary>Creates missing directories and locks them all; LogStorageException names the holder of a lock that is taken.</summary>
    public static LogDirectories Open(IReadOnlyList<string> paths, ILogFiles files, TimeProvider time, ILoggerFactory loggers) => throw new NotSupportedException("not yet");

    public IReadOnlyList<LogDirectory> All => throw new NotSupportedException("not yet");
    /// <summary>broker.id of meta.properties, null at the first start. Directories that disagree are an error at Open.</summary>
    public int? SavedBrokerId => throw new NotSupportedException("not yet");
    public string? SavedClusterId => throw new NotSupportedException("not yet");
    /// <summary>Checks id and cluster against meta.properties (LogStorageException when they differ) and writes what is missing.</summary>
    public void Adopt(int brokerId, string clusterId) => throw new NotSupportedException("not yet");
    /// <summary>Loads every partition log, recovering those that were not shut down cleanly. topicConfig gives a topic's own settings.</summary>
    public Task LoadAsync(LogOptions defaults, Func<string, IReadOnlyDictionary<string, string>?> topicConfig, CancellationToken ct) => throw new NotSupportedException("not yet");
    public Task StartAsync(CancellationToken ct) => throw new NotSupportedException("not yet");
    /// <summary>Flushes and closes every log, writes the checkpoints, then the clean-shutdown mark.</summary>
    public Task StopAsync(long brokerEpoch, CancellationToken ct) => throw new NotSupportedException("not yet");
    public PartitionLog? Find(TopicPartition id) => throw new NotSupportedException("not yet");
    public IReadOnlyCollection<PartitionLog> Logs => throw new NotSupportedException("not yet");
    public LogDirectory DirectoryOf(PartitionLog log) => throw new NotSupportedException("not yet");
    /// <summary>The log of a partition, created in the directory with the fewest partitions when it is not there. isNew false with a directory offline: LogStorageException.</summary>
    public PartitionLog GetOrCreate(TopicPartition id, Guid topicId, LogOptions options, bool isNew) => throw new NotSupportedException("not yet");
    /// <summary>Closes the log and renames its directory to -delete; the bytes go later.</summary>
    public void Delete(TopicPartition id) => throw new NotSupportedException("not yet");
    public ValueTask DisposeAsync() => throw new NotSupportedException("not yet");
}
