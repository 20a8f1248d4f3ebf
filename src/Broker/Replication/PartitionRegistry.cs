using System.Collections.Concurrent;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// The replicas on this broker, found by name or by topic id. A partition is here from the first order that names it until it is stopped.
/// </summary>
/// <remarks>Owner: written by <see cref="RoleChanges"/> alone, one order at a time; read by all without a lock.</remarks>
public sealed class PartitionRegistry
{
    private readonly ConcurrentDictionary<TopicPartition, Partition> _byName = new();
    private readonly ConcurrentDictionary<(Guid TopicId, int Partition), Partition> _byId = new();

    public IReadOnlyCollection<Partition> All => (IReadOnlyCollection<Partition>)_byName.Values;

    /// <summary>Null when this broker holds no such replica.</summary>
    public Partition? Find(TopicPartition id) => _byName.GetValueOrDefault(id);

    /// <summary>Null when this broker holds no such replica.</summary>
    public Partition? Find(Guid topicId, int partition) => _byId.GetValueOrDefault((topicId, partition));

    internal void Add(Partition partition)
    {
        _byName[partition.Id] = partition;
        if (partition.TopicId != Guid.Empty) _byId[(partition.TopicId, partition.Id.Partition)] = partition;
    }

    internal void Remove(Partition partition)
    {
        _byName.TryRemove(KeyValuePair.Create(partition.Id, partition));
        if (partition.TopicId != Guid.Empty) _byId.TryRemove(KeyValuePair.Create((partition.TopicId, partition.Id.Partition), partition));
    }
}
