namespace ClassicBroker.Broker.Log;

/// <summary>Settings of one partition log. Times in milliseconds, sizes in bytes. -1 = unlimited where said so.</summary>
public sealed record LogOptions
{
    public int SegmentBytes { get; init; } = 1024 * 1024 * 1024;
    public long SegmentMs { get; init; } = 7L * 24 * 60 * 60 * 1000;
    public long SegmentJitterMs { get; init; }
    public int IndexIntervalBytes { get; init; } = 4096;
    public int IndexMaxBytes { get; init; } = 10 * 1024 * 1024;
    public int MaxMessageBytes { get; init; } = 1024 * 1024 + 12;
    public long RetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;
    public long RetentionBytes { get; init; } = -1;
    public long FileDeleteDelayMs { get; init; } = 60_000;
    public long FlushMessages { get; init; } = long.MaxValue;
    public long FlushMs { get; init; } = long.MaxValue;
    public bool CleanupDelete { get; init; } = true;
    public bool CleanupCompact { get; init; }
    public bool AppendTime { get; init; }
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;
    public long TimestampAfterMaxMs { get; init; } = long.MaxValue;
    public string CompressionType { get; init; } = "producer";
    public int MinInsyncReplicas { get; init; } = 1;
    public bool UncleanLeaderElection { get; init; }
    public int MaxDecompressedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>These settings with a topic's own (Kafka's topic keys, such as segment.bytes) laid over them.</summary>
    public LogOptions WithTopicConfig(IReadOnlyDictionary<string, string> topicConfig) => throw new NotSupportedException("not yet");
}
