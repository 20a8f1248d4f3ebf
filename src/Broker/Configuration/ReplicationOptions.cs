namespace ClassicBroker.Broker.Configuration;

/// <summary>How replicas follow, and when a follower counts as fallen behind.</summary>
public sealed record ReplicationOptions
{
    /// <summary><c>replica.lag.time.max.ms</c>: a follower that has not caught up for this long leaves the ISR. From 1 ms; default 30000.</summary>
    public long LagTimeMaxMs { get; init; } = 30_000;

    /// <summary><c>num.replica.fetchers</c>: fetch loops per source broker. 1 to 64; default 1.</summary>
    public int Fetchers { get; init; } = 1;

    /// <summary><c>replica.fetch.max.bytes</c>: per partition; a larger first batch is still sent whole. From 0; default 1048576.</summary>
    public int FetchMaxBytes { get; init; } = 1_048_576;

    /// <summary><c>replica.fetch.response.max.bytes</c>: per answer. From 0; default 10485760.</summary>
    public int FetchResponseMaxBytes { get; init; } = 10_485_760;

    /// <summary><c>replica.fetch.min.bytes</c>. From 0; default 1.</summary>
    public int FetchMinBytes { get; init; } = 1;

    /// <summary><c>replica.fetch.wait.max.ms</c>: how long the leader may park an empty follower fetch. From 0 ms; default 500; at most the lag time.</summary>
    public int FetchWaitMaxMs { get; init; } = 500;

    /// <summary><c>replica.fetch.backoff.ms</c>: pause after a failed fetch. From 0 ms; default 1000.</summary>
    public int FetchBackoffMs { get; init; } = 1000;

    /// <summary><c>replica.socket.timeout.ms</c>: a leader silent for longer is taken as gone. From 1 ms; default 30000; at least the fetch wait.</summary>
    public int SocketTimeoutMs { get; init; } = 30_000;

    /// <summary><c>replica.high.watermark.checkpoint.interval.ms</c>. From 1 ms; default 5000.</summary>
    public long HighWatermarkCheckpointIntervalMs { get; init; } = 5000;

    /// <summary><c>replication.quota.window.num</c>: windows over which the rate of throttled replication is judged. From 1; default 11.</summary>
    public int QuotaWindows { get; init; } = 11;

    /// <summary><c>replication.quota.window.size.seconds</c>: length of one of them. From 1 s; default 1.</summary>
    public int QuotaWindowSeconds { get; init; } = 1;

    /// <summary>
    /// <c>replica.selector.class</c>: which replica a consumer reads from. Kafka's <c>org.apache.kafka.common.replica.RackAwareReplicaSelector</c> names one in the
    /// consumer's rack (KIP-392); <c>org.apache.kafka.common.replica.LeaderSelector</c> or nothing, the leader. Default nothing.
    /// </summary>
    public bool RackAwareReads { get; init; }

    private const string RackAware = "org.apache.kafka.common.replica.RackAwareReplicaSelector", Leader = "org.apache.kafka.common.replica.LeaderSelector";

    internal static ReplicationOptions Read(SettingReader settings)
    {
        var options = new ReplicationOptions
        {
            LagTimeMaxMs = settings.Long("replica.lag.time.max.ms", 30_000, 1),
            Fetchers = settings.Int("num.replica.fetchers", 1, 1, 64),
            FetchMaxBytes = settings.Int("replica.fetch.max.bytes", 1_048_576),
            FetchResponseMaxBytes = settings.Int("replica.fetch.response.max.bytes", 10_485_760),
            FetchMinBytes = settings.Int("replica.fetch.min.bytes", 1),
            FetchWaitMaxMs = settings.Int("replica.fetch.wait.max.ms", 500),
            FetchBackoffMs = settings.Int("replica.fetch.backoff.ms", 1000),
            SocketTimeoutMs = settings.Int("replica.socket.timeout.ms", 30_000, 1),
            HighWatermarkCheckpointIntervalMs = settings.Long("replica.high.watermark.checkpoint.interval.ms", 5000, 1),
            QuotaWindows = settings.Int("replication.quota.window.num", 11, 1),
            QuotaWindowSeconds = settings.Int("replication.quota.window.size.seconds", 1, 1),
            RackAwareReads = settings.OneOf("replica.selector.class", "", "", RackAware, Leader) == RackAware,
        };
        if (options.FetchWaitMaxMs > options.LagTimeMaxMs)
        {
            settings.RefuseRelation(
                $"replica.fetch.wait.max.ms={options.FetchWaitMaxMs} is above replica.lag.time.max.ms={options.LagTimeMaxMs}: "
                + "idle followers would leave the ISR; allowed: at most the lag time");
        }

        if (options.FetchWaitMaxMs > options.SocketTimeoutMs)
        {
            settings.RefuseRelation(
                $"replica.fetch.wait.max.ms={options.FetchWaitMaxMs} is above replica.socket.timeout.ms={options.SocketTimeoutMs}: "
                + "every parked fetch would time out; allowed: at most the socket timeout");
        }

        return options;
    }
}
