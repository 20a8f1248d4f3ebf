using System.Collections.Immutable;
using ClassicBroker.Broker.ControlPlane;

namespace ClassicBroker.Broker.Metadata;

/// <summary>
/// Pure: one UpdateMetadata order applied to a snapshot. The broker list always replaces the old one (the controller sends
/// all live brokers each time); partitions are added or replaced one by one; leader -2 takes a partition away, and a topic
/// without partitions disappears. A <c>Full</c> order starts from nothing, so that what a deposed controller said last does not stay.
/// </summary>
internal static class SnapshotChange
{
    public static MetadataSnapshot Apply(MetadataSnapshot before, UpdateMetadataOrder order)
    {
        var topics = (order.Full ? MetadataSnapshot.Empty.Topics : before.Topics).ToBuilder();
        var names = (order.Full ? MetadataSnapshot.Empty.TopicNames : before.TopicNames).ToBuilder();
        foreach (var ofTopic in order.Partitions.GroupBy(p => p.Topic, StringComparer.Ordinal))
        {
            ApplyTopic(topics, names, ofTopic.Key, ofTopic);
        }

        return new MetadataSnapshot(
            order.Brokers.ToImmutableDictionary(b => b.Id),
            topics.ToImmutable(),
            names.ToImmutable(),
            order.ControllerId);
    }

    private static void ApplyTopic(
        ImmutableDictionary<string, TopicMetadata>.Builder topics,
        ImmutableDictionary<Guid, string>.Builder names,
        string topic,
        IEnumerable<PartitionMetadata> changes)
    {
        topics.TryGetValue(topic, out var known);
        var partitions = (known?.Partitions ?? ImmutableDictionary<int, PartitionMetadata>.Empty).ToBuilder();
        var topicId = known?.TopicId ?? Guid.Empty;
        foreach (var change in changes)
        {
            if (change.Leader == PartitionMetadata.LeaderDeleted)
            {
                // A late deletion of an older topic of the same name must not take the new one away.
                if (topicId == Guid.Empty || change.TopicId == Guid.Empty || change.TopicId == topicId)
                {
                    partitions.Remove(change.Partition);
                }

                continue;
            }

            if (change.TopicId != topicId && change.TopicId != Guid.Empty)
            {
                // Deleted and created again under the same name: nothing of the old one may stay.
                partitions.Clear();
                names.Remove(topicId);
                topicId = change.TopicId;
            }

            partitions[change.Partition] = change;
        }

        if (partitions.Count == 0)
        {
            topics.Remove(topic);
            names.Remove(topicId);
            return;
        }

        topics[topic] = new TopicMetadata(topic, topicId, partitions.ToImmutable());
        if (topicId != Guid.Empty)
        {
            names[topicId] = topic;
        }
    }
}
