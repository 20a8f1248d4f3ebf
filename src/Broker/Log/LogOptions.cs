using System.Globalization;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Settings of one partition log: the broker's defaults, or a topic's own laid over them. Times in milliseconds, sizes in bytes;
/// the Kafka key of a topic setting stands beside each. Checked where they are bound, so that a log may rely on them.
/// </summary>
public sealed record LogOptions
{
    /// <summary>segment.bytes: a segment is rolled before it would grow past this. At least 14.</summary>
    public int SegmentBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>segment.ms: a segment is rolled when its records span more time than this.</summary>
    public long SegmentMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>segment.jitter.ms: rolls of many partitions are spread over this much time before segment.ms.</summary>
    public long SegmentJitterMs { get; init; }

    /// <summary>index.interval.bytes: one index entry per so many bytes.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>segment.index.bytes: a segment whose index is this large is rolled.</summary>
    public int IndexMaxBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>max.message.bytes: largest batch taken from a producer, header included.</summary>
    public int MaxMessageBytes { get; init; } = 1024 * 1024 + 12;

    /// <summary>retention.ms: segments whose youngest record is older go; -1 never.</summary>
    public long RetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>retention.bytes: oldest segments go while the rest is at least this large; -1 never.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary>file.delete.delay.ms: files marked deleted are removed after this, so that reads under way can end.</summary>
    public long FileDeleteDelayMs { get; init; } = 60_000;

    /// <summary>flush.messages: fsync after so many records; normally replication is what makes records durable.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;

    /// <summary>flush.ms: fsync when the last one is this long ago.</summary>
    public long FlushMs { get; init; } = long.MaxValue;

    /// <summary>cleanup.policy has delete.</summary>
    public bool CleanupDelete { get; init; } = true;

    /// <summary>cleanup.policy has compact: every record needs a key.</summary>
    public bool CleanupCompact { get; init; }

    /// <summary>min.cleanable.dirty.ratio: a log is compacted when more than this part of it was written since the last time; 0 to 1.</summary>
    public double MinCleanableDirtyRatio { get; init; } = 0.5;

    /// <summary>min.compaction.lag.ms: younger records are not compacted away.</summary>
    public long MinCompactionLagMs { get; init; }

    /// <summary>max.compaction.lag.ms: a log with an older record that was not compacted is due, whatever its ratio. At least 1.</summary>
    public long MaxCompactionLagMs { get; init; } = long.MaxValue;

    /// <summary>delete.retention.ms: how long a tombstone is kept, once a cleaning has seen it, for consumers that read from the start.</summary>
    public long DeleteRetentionMs { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>message.timestamp.type is LogAppendTime: the broker stamps batches.</summary>
    public bool AppendTime { get; init; }

    /// <summary>message.timestamp.before.max.ms: how far a record's time may lie before the broker's.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary>message.timestamp.after.max.ms: how far a record's time may lie after the broker's.</summary>
    public long TimestampAfterMaxMs { get; init; } = long.MaxValue;

    /// <summary>compression.type: producer keeps what came, otherwise batches are compressed anew.</summary>
    public string CompressionType { get; init; } = "producer";

    /// <summary>compression.gzip.level: -1 (zlib's own) or 1 to 9; used where compression.type is gzip.</summary>
    public int GzipLevel { get; init; } = -1;

    /// <summary>compression.lz4.level: 1 to 17, of which 9 means the fast compressor; used where compression.type is lz4.</summary>
    public int Lz4Level { get; init; } = 9;

    /// <summary>compression.zstd.level: -131072 to 22; used where compression.type is zstd.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <summary>min.insync.replicas.</summary>
    public int MinInsyncReplicas { get; init; } = 1;

    /// <summary>unclean.leader.election.enable.</summary>
    public bool UncleanLeaderElection { get; init; }

    /// <summary>max.decompressed.message.bytes: what one batch may decompress to before it is refused; a small batch must not fill the memory.</summary>
    public int MaxDecompressedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>producer.id.expiration.ms: a producer id that wrote nothing for so long is forgotten, unless its transaction is open.</summary>
    public long ProducerIdExpirationMs { get; init; } = 24L * 60 * 60 * 1000;

    /// <summary>producer.ids.per.partition.max: beyond it those that were silent longest are forgotten.</summary>
    public int MaxProducerIds { get; init; } = 100_000;

    /// <summary>log.hot.tail.max.bytes, log.hot.tail.partition.max.bytes: where leaders keep their newest batches; one for all logs of a broker.</summary>
    public HotTailMemory HotTail { get; init; } = HotTailMemory.None;

    /// <summary>How old a segment may become before it is rolled: on a compacted topic also as max.compaction.lag.ms demands (KIP-354).</summary>
    internal long RollMs => CleanupCompact ? Math.Min(SegmentMs, MaxCompactionLagMs) : SegmentMs;

    /// <summary>Batches read from a file are verified before they are served. Broker setting log.read.verify (ours).</summary>
    public bool VerifyReads { get; init; } = true;

    /// <summary>The codec every batch is brought to; null keeps the producer's.</summary>
    internal CompressionType? Codec => CompressionType switch
    {
        "producer" => null,
        "uncompressed" => Clients.Records.CompressionType.None,
        "gzip" => Clients.Records.CompressionType.Gzip,
        "snappy" => Clients.Records.CompressionType.Snappy,
        "lz4" => Clients.Records.CompressionType.Lz4,
        "zstd" => Clients.Records.CompressionType.Zstd,
        _ => null,
    };

    internal int LevelOf(CompressionType codec) => codec switch
    {
        Clients.Records.CompressionType.Gzip => GzipLevel,
        Clients.Records.CompressionType.Lz4 => Lz4Level,
        Clients.Records.CompressionType.Zstd => ZstdLevel,
        _ => Compression.DefaultLevel(codec),
    };

    /// <summary>
    /// These settings with a topic's own (Kafka's topic keys, such as segment.bytes) laid over them. Keys that do not concern the
    /// log are left alone; a value that is no number is a FormatException naming the key.
    /// </summary>
    public LogOptions WithTopicConfig(IReadOnlyDictionary<string, string> topicConfig)
    {
        var options = this;
        foreach (var (key, value) in topicConfig)
        {
            try
            {
                options = options.With(key, value.Trim());
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                throw new FormatException($"Topic setting {key} = \"{value}\" is not a valid value.", e);
            }
        }
        return options;
    }

    private LogOptions With(string key, string value) => key switch
    {
        "segment.bytes" => this with { SegmentBytes = Number(value) },
        "segment.ms" => this with { SegmentMs = Long(value) },
        "segment.jitter.ms" => this with { SegmentJitterMs = Long(value) },
        "index.interval.bytes" => this with { IndexIntervalBytes = Number(value) },
        "segment.index.bytes" => this with { IndexMaxBytes = Number(value) },
        "max.message.bytes" => this with { MaxMessageBytes = Number(value) },
        "retention.ms" => this with { RetentionMs = Long(value) },
        "retention.bytes" => this with { RetentionBytes = Long(value) },
        "file.delete.delay.ms" => this with { FileDeleteDelayMs = Long(value) },
        "flush.messages" => this with { FlushMessages = Long(value) },
        "flush.ms" => this with { FlushMs = Long(value) },
        "cleanup.policy" => this with { CleanupDelete = Has(value, "delete"), CleanupCompact = Has(value, "compact") },
        "min.cleanable.dirty.ratio" => this with { MinCleanableDirtyRatio = double.Parse(value, CultureInfo.InvariantCulture) },
        "min.compaction.lag.ms" => this with { MinCompactionLagMs = Long(value) },
        "max.compaction.lag.ms" => this with { MaxCompactionLagMs = Long(value) },
        "delete.retention.ms" => this with { DeleteRetentionMs = Long(value) },
        "message.timestamp.type" => this with { AppendTime = value == "LogAppendTime" },
        "message.timestamp.before.max.ms" => this with { TimestampBeforeMaxMs = Long(value) },
        "message.timestamp.after.max.ms" => this with { TimestampAfterMaxMs = Long(value) },
        "message.timestamp.difference.max.ms" => this with { TimestampBeforeMaxMs = Long(value), TimestampAfterMaxMs = Long(value) },
        "compression.type" => this with { CompressionType = value },
        "compression.gzip.level" => this with { GzipLevel = Number(value) },
        "compression.lz4.level" => this with { Lz4Level = Number(value) },
        "compression.zstd.level" => this with { ZstdLevel = Number(value) },
        "min.insync.replicas" => this with { MinInsyncReplicas = Number(value) },
        "unclean.leader.election.enable" => this with { UncleanLeaderElection = bool.Parse(value) },
        _ => this,
    };

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);

    private static long Long(string value) => long.Parse(value, CultureInfo.InvariantCulture);

    private static bool Has(string list, string policy) =>
        list.Split(',', StringSplitOptions.TrimEntries).Contains(policy, StringComparer.Ordinal);
}
