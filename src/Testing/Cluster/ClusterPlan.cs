namespace ClassicBroker.Testing;

/// <summary>What a cluster of broker processes is started with.</summary>
public sealed record ClusterPlan
{
    /// <summary>Folder for the brokers' data, their logs and <c>cluster.json</c>. Made when missing.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>ZooKeeper's servers (<c>zookeeper.connect</c>).</summary>
    public required string ZooKeeperConnect { get; init; }

    /// <summary>How many brokers. 1 to 100: more than a laptop can hold is a mistyped number.</summary>
    public int Brokers { get; init; } = 3;

    /// <summary>Id of the first broker; the others follow. Kafka's own examples begin with 0, and so does the oracle.</summary>
    public int FirstBrokerId { get; init; }

    /// <summary>Client port of the first broker, the others follow; null = free ports chosen by the system.</summary>
    public int? FirstPort { get; init; }

    /// <summary>Further settings for every broker, by Kafka's names (<c>min.insync.replicas</c>).</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Settings of one broker alone, which win over the others; asked at each of its starts. Not kept in cluster.json.</summary>
    public Func<BrokerState, IReadOnlyDictionary<string, string>>? SettingsOf { get; init; }

    /// <summary>Host of a broker's listeners; 127.0.0.1 when nothing is said.</summary>
    public Func<int, string>? HostOf { get; init; }

    /// <summary>Words before a broker's command, for instance to run it in a network namespace. Not kept in cluster.json.</summary>
    public Func<int, IReadOnlyList<string>>? CommandPrefixOf { get; init; }

    /// <summary>True when the ensemble belongs to this cluster and stops with it; only noted in cluster.json.</summary>
    public bool OwnsEnsemble { get; init; }

    /// <summary>How long one broker may take to be ready. Generous: CI machines are slow and share their cores.</summary>
    public TimeSpan ReadyWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a broker may take for a clean stop before it is killed.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(30);
}
