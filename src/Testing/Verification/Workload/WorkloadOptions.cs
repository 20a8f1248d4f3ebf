namespace ClassicBroker.Testing.Verification;

/// <summary>What is written and read during a run. Every writer, partition and class has a loop of its own, so one silent partition holds up no other.</summary>
public sealed record WorkloadOptions
{
    /// <summary>Topics, 1 to 64.</summary>
    public int Topics { get; init; } = 4;

    /// <summary>Partitions of each topic, 1 to 64.</summary>
    public int Partitions { get; init; } = 3;

    /// <summary>Replicas of each partition.</summary>
    public short ReplicationFactor { get; init; } = 3;

    /// <summary><c>min.insync.replicas</c> of the topics.</summary>
    public int MinInsyncReplicas { get; init; } = 2;

    /// <summary>Values sent per second, all writers together, while the cluster keeps up. 1 to 100,000.</summary>
    public int OperationsPerSecond { get; init; } = 400;

    /// <summary>Bytes a value is filled up to, at most.</summary>
    public int MaxValueBytes { get; init; } = 400;

    /// <summary>How long a writer goes on with one value before it is unsure of it.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a consumer reads before it begins anew.</summary>
    public TimeSpan ReadAgainEvery { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>What is written with acks=1 counts as promised too. Only to show that the checker sees losses: they are certain then.</summary>
    public bool PromiseAcksOne { get; init; }
}
