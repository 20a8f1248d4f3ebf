namespace ClassicBroker.Broker.Replication;

/// <summary>How a follower fetches; the values of <c>ReplicationOptions</c> it needs, with this broker's id.</summary>
public sealed record FollowerFetchOptions
{
    public required int BrokerId { get; init; }

    /// <summary><c>num.replica.fetchers</c>: loops per source broker.</summary>
    public int Fetchers { get; init; } = 1;

    /// <summary><c>replica.fetch.wait.max.ms</c>.</summary>
    public int MaxWaitMs { get; init; } = 500;

    /// <summary><c>replica.fetch.min.bytes</c>.</summary>
    public int MinBytes { get; init; } = 1;

    /// <summary><c>replica.fetch.max.bytes</c>, per partition.</summary>
    public int PartitionMaxBytes { get; init; } = 1024 * 1024;

    /// <summary><c>replica.fetch.response.max.bytes</c>, per answer.</summary>
    public int ResponseMaxBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary><c>replica.fetch.backoff.ms</c>: pause after an error, of one partition or of the whole connection.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);
}
