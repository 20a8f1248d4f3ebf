using System.Collections.Immutable;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Metadata;

/// <summary>A broker as clients reach it.</summary>
public sealed record BrokerAddress(int Id, string Host, int Port, string? Rack);

/// <summary>One partition. Leader -1: none now.</summary>
public sealed record PartitionView(
    int Partition, int Leader, int LeaderEpoch,
    IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr, IReadOnlyList<int> Offline, ErrorCode ErrorCode);

/// <summary>One topic, or why the broker told nothing about it. Partitions ascending by index.</summary>
public sealed record TopicView(string Name, Guid TopicId, bool IsInternal, ErrorCode ErrorCode, IReadOnlyList<PartitionView> Partitions)
{
    public static TopicView Unknown(string name) => new(name, Guid.Empty, false, ErrorCode.UnknownTopicOrPartition, []);

    public PartitionView? Find(int partition) => Partitions.FirstOrDefault(view => view.Partition == partition);
}

/// <summary>What one client knows of a cluster at one moment. Immutable; a refresh makes a new one.</summary>
/// <param name="ControllerId">-1 when unknown</param>
public sealed record ClusterSnapshot(
    string? ClusterId, int ControllerId,
    ImmutableSortedDictionary<int, BrokerAddress> Brokers, ImmutableSortedDictionary<string, TopicView> Topics)
{
    public static ClusterSnapshot Empty { get; } = new(
        null, -1, ImmutableSortedDictionary<int, BrokerAddress>.Empty,
        ImmutableSortedDictionary<string, TopicView>.Empty.WithComparers(StringComparer.Ordinal));

    public PartitionView? Find(TopicPartition partition) => Topics.GetValueOrDefault(partition.Topic)?.Find(partition.Partition);

    /// <summary>
    /// This snapshot with an answer laid over it: brokers and controller are the answer's; topics it tells replace those known; when it was
    /// asked for all topics, the rest are gone.
    /// </summary>
    public ClusterSnapshot With(MetadataResponse answer, bool allTopics)
    {
        ImmutableSortedDictionary<string, TopicView> topics = allTopics ? Empty.Topics : Topics;
        foreach (MetadataResponse.MetadataResponseTopic topic in answer.Topics)
        {
            if (topic.Name is null) continue;
            topics = topics.SetItem(topic.Name, new TopicView(
                topic.Name, topic.TopicId, topic.IsInternal, topic.ErrorCode,
                [.. topic.Partitions.OrderBy(partition => partition.PartitionIndex).Select(View)]));
        }
        return new ClusterSnapshot(
            answer.ClusterId ?? ClusterId,
            answer.ControllerId,
            answer.Brokers.ToImmutableSortedDictionary(
                broker => broker.NodeId, broker => new BrokerAddress(broker.NodeId, broker.Host, broker.Port, broker.Rack)),
            topics);
    }

    private static PartitionView View(MetadataResponse.MetadataResponsePartition partition) => new(
        partition.PartitionIndex, partition.LeaderId, partition.LeaderEpoch,
        partition.ReplicaNodes, partition.IsrNodes, partition.OfflineReplicas, partition.ErrorCode);
}
