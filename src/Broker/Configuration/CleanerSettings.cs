namespace ClassicBroker.Broker.Configuration;

/// <summary>Compaction: what the cleaner may take from this broker, and when a log is due; topic configurations override the latter (right-hand name).</summary>
public sealed record CleanerSettings
{
    /// <summary><c>log.cleaner.enable</c>. False lets compacted topics grow. Default true.</summary>
    public bool Enable { get; init; } = true;

    /// <summary><c>log.cleaner.threads</c>: partitions cleaned side by side. 1 to 1024; default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary><c>log.cleaner.dedupe.buffer.size</c>: all offset maps together, 24 bytes per key; a map is only as large as its log needs. From 1048576 for each thread; default 134217728.</summary>
    public long DedupeBufferBytes { get; init; } = 134_217_728;

    /// <summary><c>log.cleaner.io.buffer.load.factor</c>: how full an offset map may become. 0.01 to 0.99; default 0.9.</summary>
    public double LoadFactor { get; init; } = 0.9;

    /// <summary><c>log.cleaner.io.buffer.size</c>: all buffers to read and write together. From 0 (at least 4 KiB each are used); default 524288.</summary>
    public int IoBufferBytes { get; init; } = 524_288;

    /// <summary><c>log.cleaner.io.max.bytes.per.second</c>: read and written together. From 1; default unlimited.</summary>
    public double MaxBytesPerSecond { get; init; } = double.MaxValue;

    /// <summary><c>log.cleaner.backoff.ms</c>: pause when nothing is to be cleaned. From 1; default 15000.</summary>
    public long BackoffMs { get; init; } = 15_000;

    /// <summary><c>log.cleaner.min.cleanable.ratio</c> / <c>min.cleanable.dirty.ratio</c>: cleaned when more than this part is new. 0 to 1; default 0.5.</summary>
    public double MinCleanableRatio { get; init; } = 0.5;

    /// <summary><c>log.cleaner.min.compaction.lag.ms</c> / <c>min.compaction.lag.ms</c>: younger records stay. From 0; default 0.</summary>
    public long MinCompactionLagMs { get; init; }

    /// <summary><c>log.cleaner.max.compaction.lag.ms</c> / <c>max.compaction.lag.ms</c>: older ones make a log due whatever its ratio. From 1; default never.</summary>
    public long MaxCompactionLagMs { get; init; } = long.MaxValue;

    /// <summary><c>log.cleaner.delete.retention.ms</c> / <c>delete.retention.ms</c>: how long tombstones are kept once a cleaning saw them. From 0; default 86400000.</summary>
    public long DeleteRetentionMs { get; init; } = 86_400_000;

    internal static CleanerSettings Read(SettingReader settings)
    {
        var defaults = new CleanerSettings();
        var read = new CleanerSettings
        {
            Enable = settings.Bool("log.cleaner.enable", defaults.Enable),
            Threads = settings.Int("log.cleaner.threads", defaults.Threads, 1, 1024),
            DedupeBufferBytes = settings.Long("log.cleaner.dedupe.buffer.size", defaults.DedupeBufferBytes, 1024 * 1024),
            LoadFactor = settings.Fraction("log.cleaner.io.buffer.load.factor", defaults.LoadFactor, 0.01, 0.99),
            IoBufferBytes = settings.Int("log.cleaner.io.buffer.size", defaults.IoBufferBytes),
            MaxBytesPerSecond = settings.Fraction("log.cleaner.io.max.bytes.per.second", defaults.MaxBytesPerSecond, 1, double.MaxValue),
            BackoffMs = settings.Long("log.cleaner.backoff.ms", defaults.BackoffMs, 1, int.MaxValue),
            MinCleanableRatio = settings.Fraction("log.cleaner.min.cleanable.ratio", defaults.MinCleanableRatio, 0, 1),
            MinCompactionLagMs = settings.Long("log.cleaner.min.compaction.lag.ms", defaults.MinCompactionLagMs),
            MaxCompactionLagMs = settings.Long("log.cleaner.max.compaction.lag.ms", defaults.MaxCompactionLagMs, 1),
            DeleteRetentionMs = settings.Long("log.cleaner.delete.retention.ms", defaults.DeleteRetentionMs),
        };
        if (read.DedupeBufferBytes / read.Threads < 1024 * 1024)
            settings.RefuseRelation(
                $"log.cleaner.dedupe.buffer.size={read.DedupeBufferBytes} is too small for log.cleaner.threads={read.Threads}: each thread needs 1048576 bytes");
        return read;
    }
}
