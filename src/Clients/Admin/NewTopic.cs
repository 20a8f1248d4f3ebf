using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Admin;

/// <summary>
/// A topic to create: either by counts (-1 takes the broker's default, from CreateTopics 4 on) or with the replicas of every partition.
/// </summary>
public sealed record NewTopic(string Name, int Partitions = -1, short ReplicationFactor = -1)
{
    /// <summary>Topic configuration under Kafka's keys.</summary>
    public IReadOnlyDictionary<string, string> Configs { get; init; } = new Dictionary<string, string>();

    /// <summary>Replicas by partition, the preferred leader first; when given, both counts must stay -1.</summary>
    public IReadOnlyDictionary<int, int[]> Replicas { get; init; } = new Dictionary<int, int[]>();

    internal CreateTopicsRequest.CreatableTopic ToRequest() => new()
    {
        Name = Name,
        NumPartitions = Partitions,
        ReplicationFactor = ReplicationFactor,
        Assignments = [.. Replicas.Select(pair => new CreateTopicsRequest.CreatableReplicaAssignment
        {
            PartitionIndex = pair.Key,
            BrokerIds = [.. pair.Value],
        })],
        Configs = [.. Configs.Select(pair => new CreateTopicsRequest.CreatableTopicConfig { Name = pair.Key, Value = pair.Value })],
    };
}
