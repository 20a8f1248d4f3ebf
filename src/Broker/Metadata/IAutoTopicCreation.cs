using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Metadata;

/// <summary>Creates a topic because a client asked for its metadata, with the broker's default partitions and replication factor.</summary>
public interface IAutoTopicCreation
{
    /// <summary>
    /// None when the topic was created or existed already (the client is then told LEADER_NOT_AVAILABLE and asks again), else why not.
    /// </summary>
    ValueTask<ErrorCode> CreateAsync(string topic, CancellationToken ct);
}
