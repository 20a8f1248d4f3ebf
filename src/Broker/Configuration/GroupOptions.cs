using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Configuration;

/// <summary>Bounds and times of consumer groups; keys and defaults as Kafka's unless said otherwise.</summary>
public sealed record GroupOptions
{
    /// <summary><c>group.min.session.timeout.ms</c>: a shorter one is refused, because it would make rebalances of every pause. Default 6000.</summary>
    public int MinSessionTimeoutMs { get; init; } = 6_000;

    /// <summary><c>group.max.session.timeout.ms</c>. Default 1800000.</summary>
    public int MaxSessionTimeoutMs { get; init; } = 1_800_000;

    /// <summary><c>group.max.size</c>: members of one group. From 1; default 2147483647.</summary>
    public int MaxSize { get; init; } = int.MaxValue;

    /// <summary><c>group.initial.rebalance.delay.ms</c>: an empty group waits so long for more members. Default 3000.</summary>
    public int InitialRebalanceDelayMs { get; init; } = 3_000;

    /// <summary>A member in its first join is given up after this: its client has no id yet to come back with. Kafka's constant, five minutes.</summary>
    public int NewMemberTimeoutMs { get; init; } = 300_000;

    /// <summary><c>offset.metadata.max.bytes</c>: text beside an offset. Default 4096.</summary>
    public int OffsetMetadataMaxBytes { get; init; } = 4_096;

    /// <summary><c>offsets.commit.timeout.ms</c>: how long a commit waits for the in-sync replicas. From 1; default 5000.</summary>
    public int CommitTimeoutMs { get; init; } = 5_000;

    /// <summary><c>offsets.retention.minutes</c>, here in milliseconds. Default seven days.</summary>
    public long OffsetsRetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary><c>offsets.retention.check.interval.ms</c>. From 1; default 600000.</summary>
    public long RetentionCheckIntervalMs { get; init; } = 600_000;

    /// <summary><c>offsets.load.buffer.size</c>: bytes read at a time when a coordinator takes over. From 1; default 5242880.</summary>
    public int LoadBufferBytes { get; init; } = 5_242_880;

    /// <summary><c>offsets.topic.num.partitions</c>: when the topic is made; later the topic tells. From 1; default 50.</summary>
    public int OffsetsPartitions { get; init; } = 50;

    /// <summary><c>offsets.topic.replication.factor</c>: the topic is not made before so many brokers live. From 1; default 3.</summary>
    public int OffsetsReplicationFactor { get; init; } = 3;

    /// <summary><c>offsets.topic.segment.bytes</c>: small, so that loading and compaction are quick. From 1; default 104857600.</summary>
    public int OffsetsSegmentBytes { get; init; } = 104_857_600;

    /// <summary><c>offsets.topic.compression.codec</c>: of the coordinator's batches. Default none.</summary>
    public CompressionType OffsetsCompression { get; init; } = CompressionType.None;

    private const int MillisecondsPerMinute = 60_000;

    internal static GroupOptions Read(SettingReader settings)
    {
        var groups = new GroupOptions
        {
            MinSessionTimeoutMs = settings.Int("group.min.session.timeout.ms", 6_000, 1),
            MaxSessionTimeoutMs = settings.Int("group.max.session.timeout.ms", 1_800_000, 1),
            MaxSize = settings.Int("group.max.size", int.MaxValue, 1),
            InitialRebalanceDelayMs = settings.Int("group.initial.rebalance.delay.ms", 3_000),
            OffsetMetadataMaxBytes = settings.Int("offset.metadata.max.bytes", 4_096),
            CommitTimeoutMs = settings.Int("offsets.commit.timeout.ms", 5_000, 1),
            OffsetsRetentionMs = settings.Long("offsets.retention.minutes", 10_080, 1, int.MaxValue) * MillisecondsPerMinute,
            RetentionCheckIntervalMs = settings.Long("offsets.retention.check.interval.ms", 600_000, 1, int.MaxValue),
            LoadBufferBytes = settings.Int("offsets.load.buffer.size", 5_242_880, 1),
            OffsetsPartitions = settings.Int("offsets.topic.num.partitions", 50, 1),
            OffsetsReplicationFactor = settings.Int("offsets.topic.replication.factor", 3, 1, short.MaxValue),
            OffsetsSegmentBytes = settings.Int("offsets.topic.segment.bytes", 104_857_600, 14),
            OffsetsCompression = Codec(settings),
        };
        if (groups.MinSessionTimeoutMs > groups.MaxSessionTimeoutMs)
            settings.RefuseRelation($"group.min.session.timeout.ms={groups.MinSessionTimeoutMs} is above group.max.session.timeout.ms={groups.MaxSessionTimeoutMs}");
        return groups;
    }

    // Kafka names the codec by its number.
    private static CompressionType Codec(SettingReader settings) =>
        (CompressionType)settings.Int("offsets.topic.compression.codec", 0, 0, (int)CompressionType.Zstd);
}
