using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>Tells a broker to stop its replicas of some partitions, and to delete their logs where asked.</summary>
[MessagePackObject]
public sealed class StopReplicaOrder : IFencedOrder
{
    [Key(0)] public int ControllerId { get; init; }
    [Key(1)] public int ControllerEpoch { get; init; }
    [Key(2)] public long BrokerEpoch { get; init; } = -1;
    [Key(3)] public List<StoppedPartition> Partitions { get; init; } = [];
}

/// <summary>
/// One replica to stop. <see cref="LeaderEpoch"/> lower than the receiver's is refused (FENCED_LEADER_EPOCH);
/// −1 (unknown) and −2 (the topic is being deleted) skip that check. <see cref="TopicId"/> guards against deleting the log of a
/// topic that was created again under the same name; empty means unknown.
/// </summary>
[MessagePackObject]
public sealed class StoppedPartition
{
    [Key(0)] public string Topic { get; init; } = "";
    [Key(1)] public int Partition { get; init; }
    [Key(2)] public int LeaderEpoch { get; init; } = -1;
    [Key(3)] public bool Delete { get; init; }
    [Key(4)] public Guid TopicId { get; init; }
}

/// <summary>Answer to <see cref="StopReplicaOrder"/>.</summary>
[MessagePackObject]
public sealed class StopReplicaAnswer : IControlPlaneAnswer
{
    [Key(0)] public short ErrorCode { get; init; }
    [Key(1)] public List<PartitionAnswer> Partitions { get; init; } = [];
}
