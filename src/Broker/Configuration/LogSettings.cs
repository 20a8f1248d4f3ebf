namespace ClassicBroker.Broker.Configuration;

/// <summary>Where and how records lie on disk: the broker's defaults, which topic configurations override (right-hand name).</summary>
public sealed record LogSettings
{
    /// <summary><c>log.dirs</c> (else <c>log.dir</c>): data directories. Default <c>classicbroker-logs</c> under the temporary folder: fine to try out, always set it otherwise.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [Path.Combine(Path.GetTempPath(), "classicbroker-logs")];

    /// <summary><c>log.segment.bytes</c> / <c>segment.bytes</c>. From 14; default 1073741824.</summary>
    public int SegmentBytes { get; init; } = 1_073_741_824;

    /// <summary><c>log.roll.ms</c>, else <c>log.roll.hours</c> / <c>segment.ms</c>. From 1 ms; default 168 hours.</summary>
    public long SegmentMs { get; init; } = TimeSpan.MillisecondsPerHour * 168;

    /// <summary><c>log.roll.jitter.ms</c>, else <c>log.roll.jitter.hours</c> / <c>segment.jitter.ms</c>: segments of many partitions roll at different times, up to so much earlier. From 0; default 0.</summary>
    public long SegmentJitterMs { get; init; }

    /// <summary><c>log.index.size.max.bytes</c> / <c>segment.index.bytes</c>. From 4; default 10485760.</summary>
    public int IndexMaxBytes { get; init; } = 10_485_760;

    /// <summary><c>log.index.interval.bytes</c> / <c>index.interval.bytes</c>. From 0; default 4096.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary><c>log.retention.ms</c>, else <c>log.retention.minutes</c>, else <c>log.retention.hours</c> / <c>retention.ms</c>; -1 keeps for ever. Default 168 hours.</summary>
    public long RetentionMs { get; init; } = TimeSpan.MillisecondsPerHour * 168;

    /// <summary><c>log.retention.bytes</c> / <c>retention.bytes</c>, per partition; -1 is unlimited. Default -1.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary><c>log.retention.check.interval.ms</c>. From 1 ms; default 300000.</summary>
    public long RetentionCheckIntervalMs { get; init; } = 300_000;

    /// <summary><c>log.cleanup.policy</c> / <c>cleanup.policy</c>: <c>delete</c>, <c>compact</c> or both. Default <c>delete</c>.</summary>
    public string CleanupPolicy { get; init; } = "delete";

    /// <summary><c>log.segment.delete.delay.ms</c> / <c>file.delete.delay.ms</c>: readers may still be in a deleted file. Default 60000 ms.</summary>
    public long DeleteDelayMs { get; init; } = 60_000;

    /// <summary><c>log.flush.interval.messages</c> / <c>flush.messages</c>. From 1; default never: durability comes from replication.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;

    /// <summary><c>log.flush.interval.ms</c> / <c>flush.ms</c>. From 0 ms; default never.</summary>
    public long FlushMs { get; init; } = long.MaxValue;

    /// <summary><c>log.flush.offset.checkpoint.interval.ms</c>: how much a crash makes the recovery read again. From 1 ms; default 60000.</summary>
    public long RecoveryPointCheckpointIntervalMs { get; init; } = 60_000;

    /// <summary><c>num.recovery.threads.per.data.dir</c>: logs opened at once in each directory at the start. 1 to 256; default 2 (Kafka: 1).</summary>
    public int RecoveryThreads { get; init; } = 2;

    /// <summary>
    /// <c>log.retention.clock.jump.max.ms</c> (ours): a wall clock that jumped further deletes nothing for its age until it is back or has been
    /// steady for a day. From 1000 ms; default 3600000: more than any summer time or slow correction, less than any retention.
    /// </summary>
    public long ClockJumpMaxMs { get; init; } = 3_600_000;

    /// <summary>
    /// <c>log.read.verify</c> (ours): batches read from a file are verified before they are served, so that damage on a disk reaches nobody.
    /// Default true; false saves the checksum, and consumers that check CRCs still notice.
    /// </summary>
    public bool VerifyReads { get; init; } = true;

    /// <summary><c>log.preallocate</c> / <c>preallocate</c>. Default false.</summary>
    public bool Preallocate { get; init; }

    /// <summary><c>message.max.bytes</c> / <c>max.message.bytes</c>: largest record batch. From 0; default 1048588.</summary>
    public int MaxMessageBytes { get; init; } = 1_048_588;

    /// <summary><c>compression.type</c>: <c>producer</c>, <c>uncompressed</c>, <c>gzip</c>, <c>snappy</c>, <c>lz4</c> or <c>zstd</c>. Default <c>producer</c>.</summary>
    public string CompressionType { get; init; } = "producer";

    /// <summary><c>compression.gzip.level</c>, where <c>compression.type</c> is gzip. -1 (zlib's own) or 1 to 9; default -1.</summary>
    public int GzipLevel { get; init; } = -1;

    /// <summary><c>compression.lz4.level</c>, where <c>compression.type</c> is lz4. 1 to 17; default 9, which means the fast compressor.</summary>
    public int Lz4Level { get; init; } = 9;

    /// <summary><c>compression.zstd.level</c>, where <c>compression.type</c> is zstd. -131072 to 22; default 3.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <summary><c>log.message.timestamp.type</c> / <c>message.timestamp.type</c>: CreateTime or LogAppendTime. Default CreateTime.</summary>
    public string TimestampType { get; init; } = "CreateTime";

    /// <summary><c>log.message.timestamp.before.max.ms</c> / <c>message.timestamp.before.max.ms</c>. Default unlimited.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary><c>log.message.timestamp.after.max.ms</c> / <c>message.timestamp.after.max.ms</c>. Default unlimited.</summary>
    public long TimestampAfterMaxMs { get; init; } = long.MaxValue;

    /// <summary><c>max.decompressed.message.bytes</c> (as in Kafka after 3.9): what one batch may decompress to before it is refused. From 1024; default 67108864.</summary>
    public int MaxDecompressedBytes { get; init; } = 67_108_864;

    /// <summary><c>producer.id.expiration.ms</c>: a producer id that wrote nothing to a partition for so long is forgotten there. From 1 ms; default 86400000.</summary>
    public long ProducerIdExpirationMs { get; init; } = 86_400_000;

    /// <summary><c>producer.id.expiration.check.interval.ms</c>: how often that is looked at. From 1 ms; default 600000.</summary>
    public long ProducerIdCheckIntervalMs { get; init; } = 600_000;

    /// <summary>
    /// <c>producer.ids.per.partition.max</c> (ours): producer ids a partition remembers; beyond it those that were silent longest are forgotten.
    /// From 16; default 100000, which take about 20 MB.
    /// </summary>
    public int MaxProducerIds { get; init; } = 100_000;

    /// <summary>
    /// <c>log.hot.tail.max.bytes</c> (ours): memory in which leaders keep the newest batches of all their partitions, so that followers and consumers near the
    /// end are answered without reading a file. 0 keeps none; default 67108864. Partitions that are quiet for a second give theirs back.
    /// </summary>
    public long HotTailBytes { get; init; } = 67_108_864;

    /// <summary><c>log.hot.tail.partition.max.bytes</c> (ours): what one partition may take of it. 0 to 1073741824; default 4194304, some large batches.</summary>
    public int HotTailBytesPerPartition { get; init; } = 4_194_304;

    internal static LogSettings Read(SettingReader settings)
    {
        var defaults = new LogSettings();
        var logDir = settings.List("log.dir");
        return new LogSettings
        {
            Directories = Distinct(settings, settings.List("log.dirs") ?? logDir ?? defaults.Directories),
            SegmentBytes = settings.Int("log.segment.bytes", defaults.SegmentBytes, 14),
            SegmentMs = InUnits(settings, -2, ("log.roll.ms", 1, 1), ("log.roll.hours", TimeSpan.MillisecondsPerHour, 1)) ?? defaults.SegmentMs,
            SegmentJitterMs = InUnits(settings, -2, ("log.roll.jitter.ms", 1, 0), ("log.roll.jitter.hours", TimeSpan.MillisecondsPerHour, 0)) ?? 0,
            IndexMaxBytes = settings.Int("log.index.size.max.bytes", defaults.IndexMaxBytes, 4),
            IndexIntervalBytes = settings.Int("log.index.interval.bytes", defaults.IndexIntervalBytes),
            RetentionMs = InUnits(
                settings,
                -1,
                ("log.retention.ms", 1, -1),
                ("log.retention.minutes", TimeSpan.MillisecondsPerMinute, -1),
                ("log.retention.hours", TimeSpan.MillisecondsPerHour, -1)) ?? defaults.RetentionMs,
            RetentionBytes = settings.Long("log.retention.bytes", defaults.RetentionBytes, -1),
            RetentionCheckIntervalMs = settings.Long("log.retention.check.interval.ms", defaults.RetentionCheckIntervalMs, 1),
            CleanupPolicy = settings.OneOf("log.cleanup.policy", defaults.CleanupPolicy, "delete", "compact", "compact,delete", "delete,compact"),
            DeleteDelayMs = settings.Long("log.segment.delete.delay.ms", defaults.DeleteDelayMs),
            FlushMessages = settings.Long("log.flush.interval.messages", defaults.FlushMessages, 1),
            FlushMs = settings.Long("log.flush.interval.ms", defaults.FlushMs),
            RecoveryPointCheckpointIntervalMs = settings.Long(
                "log.flush.offset.checkpoint.interval.ms", defaults.RecoveryPointCheckpointIntervalMs, 1, int.MaxValue),
            RecoveryThreads = settings.Int("num.recovery.threads.per.data.dir", defaults.RecoveryThreads, 1, 256),
            ClockJumpMaxMs = settings.Long("log.retention.clock.jump.max.ms", defaults.ClockJumpMaxMs, 1000),
            VerifyReads = settings.Bool("log.read.verify", defaults.VerifyReads),
            Preallocate = settings.Bool("log.preallocate", defaults.Preallocate),
            MaxMessageBytes = settings.Int("message.max.bytes", defaults.MaxMessageBytes),
            CompressionType = settings.OneOf(
                "compression.type", defaults.CompressionType, "producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
            GzipLevel = ReadGzipLevel(settings),
            Lz4Level = settings.Int("compression.lz4.level", defaults.Lz4Level, 1, 17),
            ZstdLevel = settings.Int("compression.zstd.level", defaults.ZstdLevel, -131_072, 22),
            TimestampType = settings.OneOf("log.message.timestamp.type", defaults.TimestampType, "CreateTime", "LogAppendTime"),
            TimestampBeforeMaxMs = settings.Long("log.message.timestamp.before.max.ms", defaults.TimestampBeforeMaxMs),
            TimestampAfterMaxMs = settings.Long("log.message.timestamp.after.max.ms", defaults.TimestampAfterMaxMs),
            MaxDecompressedBytes = settings.Int("max.decompressed.message.bytes", defaults.MaxDecompressedBytes, 1024),
            ProducerIdExpirationMs = settings.Long("producer.id.expiration.ms", defaults.ProducerIdExpirationMs, 1, int.MaxValue),
            ProducerIdCheckIntervalMs = settings.Long("producer.id.expiration.check.interval.ms", defaults.ProducerIdCheckIntervalMs, 1, int.MaxValue),
            HotTailBytes = settings.Long("log.hot.tail.max.bytes", defaults.HotTailBytes, 0, 1L << 40),
            HotTailBytesPerPartition = settings.Int("log.hot.tail.partition.max.bytes", defaults.HotTailBytesPerPartition, 0, 1 << 30),
            MaxProducerIds = settings.Int("producer.ids.per.partition.max", defaults.MaxProducerIds, 16),
        };
    }

    private static int ReadGzipLevel(SettingReader settings)
    {
        var level = settings.Int("compression.gzip.level", -1, -1, 9);
        if (level == 0)
            settings.Refuse("compression.gzip.level", "0", "-1 or 1 to 9");
        return level;
    }

    // Kafka reads the finest unit that is set; all are read here so that each of them is checked and known.
    private static long? InUnits(SettingReader settings, long unlimited, params ReadOnlySpan<(string Key, long Unit, long Min)> units)
    {
        long? chosen = null;
        foreach (var (key, unit, min) in units)
        {
            var value = settings.OptionalLong(key, min, long.MaxValue / unit);
            chosen ??= value is { } given ? (given == unlimited ? unlimited : given * unit) : null;
        }

        return chosen;
    }

    private static IReadOnlyList<string> Distinct(SettingReader settings, IReadOnlyList<string> directories)
    {
        if (directories.Count == 0)
        {
            settings.Refuse("log.dirs", "", "one directory or more, comma-separated");
        }

        var full = directories.Select(Path.GetFullPath).ToArray();
        if (full.Distinct(StringComparer.Ordinal).Count() != full.Length)
        {
            settings.Refuse("log.dirs", string.Join(',', directories), "each directory once");
        }

        return full;
    }
}
