namespace ClassicBroker.Broker.Configuration;

/// <summary>What topics get when nobody says otherwise.</summary>
public sealed record TopicDefaults
{
    /// <summary><c>auto.create.topics.enable</c>: a Metadata request for an unknown topic creates it. Default true.</summary>
    public bool AutoCreate { get; init; } = true;

    /// <summary><c>delete.topic.enable</c>. Default true.</summary>
    public bool DeleteEnable { get; init; } = true;

    /// <summary><c>num.partitions</c>. From 1; default 1.</summary>
    public int NumPartitions { get; init; } = 1;

    /// <summary><c>default.replication.factor</c>. 1 to 32767; default 1.</summary>
    public int DefaultReplicationFactor { get; init; } = 1;

    /// <summary><c>min.insync.replicas</c>: replicas that must hold a record before acks=all is answered. From 1; default 1. Topics override it.</summary>
    public int MinInsyncReplicas { get; init; } = 1;

    /// <summary><c>unclean.leader.election.enable</c>: whether a replica outside the ISR may lead, losing records, when no other is left. Default false.</summary>
    public bool UncleanLeaderElection { get; init; }

    internal static TopicDefaults Read(SettingReader settings) => new()
    {
        AutoCreate = settings.Bool("auto.create.topics.enable", true),
        DeleteEnable = settings.Bool("delete.topic.enable", true),
        NumPartitions = settings.Int("num.partitions", 1, 1),
        DefaultReplicationFactor = settings.Int("default.replication.factor", 1, 1, short.MaxValue),
        MinInsyncReplicas = settings.Int("min.insync.replicas", 1, 1),
        UncleanLeaderElection = settings.Bool("unclean.leader.election.enable", false),
    };
}
