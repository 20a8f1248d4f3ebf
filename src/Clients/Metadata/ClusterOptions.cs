using ClassicBroker.Clients.Network;

namespace ClassicBroker.Clients.Metadata;

/// <summary>How a client finds a cluster and how patient it is. Kafka's client names in brackets.</summary>
public sealed record ClusterOptions
{
    /// <summary>host:port of some brokers; the others are learnt from them [bootstrap.servers].</summary>
    public required IReadOnlyList<string> BootstrapServers { get; init; }

    public BrokerConnectionOptions Connection { get; init; } = new();

    /// <summary>Metadata older than this is asked for again even when nothing failed [metadata.max.age.ms].</summary>
    public TimeSpan MetadataMaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>First pause before asking again; doubles up to <see cref="RetryBackoffMax"/> [retry.backoff.ms].</summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause before asking again [retry.backoff.max.ms].</summary>
    public TimeSpan RetryBackoffMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After this a call with retriable failures gives up with the last of them [default.api.timeout.ms].</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Options from a comma-separated list as in Kafka's configuration.</summary>
    public static ClusterOptions For(string bootstrapServers) =>
        new() { BootstrapServers = bootstrapServers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) };
}
