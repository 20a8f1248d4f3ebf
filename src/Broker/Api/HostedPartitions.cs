using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Finds the replica a request is about, or the error that tells the client where to look: a partition the cluster has but this broker has not is led
/// elsewhere (NOT_LEADER_OR_FOLLOWER), one nobody has does not exist. Also knows who leads, for the hints of KIP-951.
/// </summary>
public sealed class HostedPartitions(PartitionRegistry partitions, MetadataCache metadata)
{
    public Partition? Find(TopicPartition id, out ErrorCode error)
    {
        var partition = partitions.Find(id);
        error = partition is not null ? ErrorCode.None : Missing(id);
        return partition;
    }

    /// <summary>By topic id (Fetch v13+). The name is null when nobody knows the id: UNKNOWN_TOPIC_ID.</summary>
    public Partition? Find(Guid topicId, int index, out string? topic, out ErrorCode error)
    {
        if (partitions.Find(topicId, index) is { } partition)
        {
            (topic, error) = (partition.Id.Topic, ErrorCode.None);
            return partition;
        }
        topic = metadata.Current.TopicNames.GetValueOrDefault(topicId);
        error = topic is null ? ErrorCode.UnknownTopicId : Missing(new TopicPartition(topic, index));
        return null;
    }

    /// <summary>Leader and epoch as the metadata has them, with the leader's endpoint on the client's listener if it has one.</summary>
    public (PartitionMetadata Partition, LiveBroker? Leader, LiveEndpoint? Endpoint)? LeaderOf(TopicPartition id, string listener)
    {
        var snapshot = metadata.Current;
        if (snapshot.FindPartition(id.Topic, id.Partition) is not { Leader: >= 0 } partition) return null;
        var leader = snapshot.Brokers.GetValueOrDefault(partition.Leader);
        return (partition, leader, leader?.On(listener));
    }

    private ErrorCode Missing(TopicPartition id) =>
        metadata.Current.FindPartition(id.Topic, id.Partition) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.NotLeaderOrFollower;
}
