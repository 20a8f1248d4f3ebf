using System.Collections.Immutable;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// The cluster as the controller knows it in one term. Immutable: a decision takes one and gives back another, and nobody can see it half
/// changed. Loaded whole at failover, dropped when the seat is lost; the truth is in ZooKeeper.
/// </summary>
public sealed record ControllerState(int BrokerId, ControllerTerm Term)
{
    private static readonly int[] NoReplicas = [];

    /// <summary>Registered brokers by id, with the epoch of their present life.</summary>
    public ImmutableDictionary<int, BrokerRegistration> Brokers { get; init; } = ImmutableDictionary<int, BrokerRegistration>.Empty;

    /// <summary>Brokers that asked to leave: still running, but no longer candidates.</summary>
    public ImmutableHashSet<int> ShuttingDown { get; init; } = [];

    // Sorted, like Deleting: hashes of names differ from process to process, and with them the order of everything done for all topics.
    public ImmutableSortedDictionary<string, TopicAssignment> Topics { get; init; } = ImmutableSortedDictionary.Create<string, TopicAssignment>(StringComparer.Ordinal);

    /// <summary>Stored states with their znode versions; a partition that never had a leader is absent.</summary>
    public ImmutableDictionary<TopicPartition, VersionedPartitionState> Partitions { get; init; } =
        ImmutableDictionary<TopicPartition, VersionedPartitionState>.Empty;

    /// <summary>Topics being deleted, each with the replicas whose deletion is not confirmed yet.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<(int Broker, int Partition), ReplicaStatus>> Deleting { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<(int, int), ReplicaStatus>>(StringComparer.Ordinal);

    /// <summary>Replicas whose broker said that their disk failed. They neither lead nor count as alive until the broker comes back under a new epoch.</summary>
    public ImmutableHashSet<(int Broker, TopicPartition Partition)> FailedReplicas { get; init; } = [];

    /// <summary>Partitions handed over by a leader without a quorum, for the pause between two hand-overs.</summary>
    public ImmutableDictionary<TopicPartition, HandOverPast> HandOvers { get; init; } = ImmutableDictionary<TopicPartition, HandOverPast>.Empty;

    /// <summary>Hand-overs in the second that began at a monotonic timestamp.</summary>
    public (long Since, int Count) HandOversNow { get; init; }

    /// <summary>Running, perhaps about to stop.</summary>
    public bool IsUp(int broker) => Brokers.ContainsKey(broker);

    /// <summary>Running and staying: may become leader.</summary>
    public bool IsLive(int broker) => Brokers.ContainsKey(broker) && !ShuttingDown.Contains(broker);

    /// <summary>Live, and this replica's disk is sound.</summary>
    public bool MayLead(int broker, TopicPartition partition) => IsLive(broker) && !FailedReplicas.Contains((broker, partition));

    /// <summary>Running, and this replica's disk is sound.</summary>
    public bool HasReplica(int broker, TopicPartition partition) => IsUp(broker) && !FailedReplicas.Contains((broker, partition));

    /// <summary>All partitions of topics that are not being deleted.</summary>
    public IEnumerable<TopicPartition> AllPartitions() =>
        Topics.Values.Where(topic => !Deleting.ContainsKey(topic.Topic)).SelectMany(PartitionsOf);

    public static IEnumerable<TopicPartition> PartitionsOf(TopicAssignment topic) =>
        topic.Replicas.Keys.Select(partition => new TopicPartition(topic.Topic, partition));

    /// <summary>Partitions that have a replica on any of these brokers.</summary>
    public IEnumerable<TopicPartition> PartitionsOn(IReadOnlySet<int> brokers) =>
        AllPartitions().Where(partition => Replicas(partition).Any(brokers.Contains));

    /// <summary>The assigned replicas, preferred leader first; empty for an unknown partition.</summary>
    public int[] Replicas(TopicPartition partition) =>
        Topics.TryGetValue(partition.Topic, out var topic) && topic.Replicas.TryGetValue(partition.Partition, out int[]? replicas) ? replicas : NoReplicas;

    public PartitionStatus StatusOf(TopicPartition partition)
    {
        int? leader = Partitions.GetValueOrDefault(partition)?.State.Leader;
        return PartitionStateMachine.StatusOf(Replicas(partition).Length > 0, leader, leader is { } id && HasReplica(id, partition));
    }

    /// <summary>The live brokers in the words of the control plane.</summary>
    public List<LiveBroker> LiveBrokers() => [.. Brokers.Values.OrderBy(broker => broker.BrokerId).Select(broker => new LiveBroker
    {
        Id = broker.BrokerId,
        Epoch = broker.Epoch.Value,
        Rack = broker.Rack,
        Endpoints = [.. broker.Endpoints.Select(e => new LiveEndpoint { Listener = e.Listener, SecurityProtocol = e.SecurityProtocol, Host = e.Host, Port = e.Port })],
    })];

    /// <summary>Without a topic and everything known about it.</summary>
    public ControllerState WithoutTopic(string topic) => !Topics.TryGetValue(topic, out var assignment) ? this with { Deleting = Deleting.Remove(topic) } : this with
    {
        Topics = Topics.Remove(topic),
        Partitions = Partitions.RemoveRange(PartitionsOf(assignment)),
        HandOvers = HandOvers.RemoveRange(PartitionsOf(assignment)),
        FailedReplicas = FailedReplicas.Except(FailedReplicas.Where(failed => failed.Partition.Topic == topic)),
        Deleting = Deleting.Remove(topic),
    };
}
