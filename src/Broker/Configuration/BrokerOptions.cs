namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// Everything a broker can be told, in groups, under Kafka's names. Immutable after start. Values come from
/// <c>server.properties</c>, over them environment variables (<c>CLASSIC_BROKER_ID</c> for <c>broker.id</c>), over them
/// <c>--override key=value</c>; <see cref="BrokerOptionsReader"/> reads and checks them. The properties below the groups
/// are the ones most often needed.
/// </summary>
public sealed record BrokerOptions
{
    public IdentityOptions Identity { get; init; } = new();

    public ListenerOptions Listeners { get; init; } = new();

    public ZooKeeperSettings ZooKeeper { get; init; } = new();

    public TopicDefaults Topics { get; init; } = new();

    public LogSettings Log { get; init; } = new();

    public CleanerSettings Cleaner { get; init; } = new();

    public ReplicationOptions Replication { get; init; } = new();

    public ControllerSettings Controller { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();

    public GroupOptions Groups { get; init; } = new();

    /// <summary>Every key that was set, as text: what <c>DescribeConfigs</c> calls the static broker configuration.</summary>
    public IReadOnlyDictionary<string, string> AsWritten { get; init; } = new Dictionary<string, string>();

    /// <summary>-1 means that an id is to be generated.</summary>
    public int BrokerId => Identity.BrokerId;

    public string? Rack => Identity.Rack;

    public IReadOnlyList<string> LogDirs => Log.Directories;

    public int NumPartitions => Topics.NumPartitions;

    public int DefaultReplicationFactor => Topics.DefaultReplicationFactor;

    public int MinInsyncReplicas => Topics.MinInsyncReplicas;

    public bool AutoCreateTopics => Topics.AutoCreate;

    public bool DeleteTopicEnable => Topics.DeleteEnable;

    public bool UncleanLeaderElection => Topics.UncleanLeaderElection;

    public string InterBrokerListenerName => Listeners.InterBrokerListenerName;

    public long ReplicaLagTimeMaxMs => Replication.LagTimeMaxMs;

    public int ReplicaFetchMaxBytes => Replication.FetchMaxBytes;

    public int ReplicaFetchResponseMaxBytes => Replication.FetchResponseMaxBytes;

    public int ReplicaFetchWaitMaxMs => Replication.FetchWaitMaxMs;

    public int ReplicaFetchMinBytes => Replication.FetchMinBytes;

    public int ReplicaFetchBackoffMs => Replication.FetchBackoffMs;

    public int NumReplicaFetchers => Replication.Fetchers;

    public int ReplicaSocketTimeoutMs => Replication.SocketTimeoutMs;

    public long HighWatermarkCheckpointIntervalMs => Replication.HighWatermarkCheckpointIntervalMs;

    public int MaxRequestBytes => Limits.MaxRequestBytes;

    public int FetchMaxBytes => Limits.FetchMaxBytes;
}
