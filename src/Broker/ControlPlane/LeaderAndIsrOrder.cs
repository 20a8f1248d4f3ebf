using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// Tells a broker which partitions it leads or follows from now on. <see cref="Leaders"/> holds the address of every leader
/// named, so a follower can start fetching without waiting for its metadata.
/// </summary>
[MessagePackObject]
public sealed class LeaderAndIsrOrder : IFencedOrder
{
    [Key(0)] public int ControllerId { get; init; }
    [Key(1)] public int ControllerEpoch { get; init; }
    [Key(2)] public long BrokerEpoch { get; init; } = -1;
    [Key(3)] public List<PartitionOrder> Partitions { get; init; } = [];
    [Key(4)] public List<LiveBroker> Leaders { get; init; } = [];
}

/// <summary>Answer to <see cref="LeaderAndIsrOrder"/>: one error for the whole order, or one per partition.</summary>
[MessagePackObject]
public sealed class LeaderAndIsrAnswer : IControlPlaneAnswer
{
    [Key(0)] public short ErrorCode { get; init; }
    [Key(1)] public List<PartitionAnswer> Partitions { get; init; } = [];
}

/// <summary>The result for one partition; 0 is success.</summary>
[MessagePackObject]
public sealed class PartitionAnswer
{
    [Key(0)] public string Topic { get; init; } = "";
    [Key(1)] public int Partition { get; init; }
    [Key(2)] public short ErrorCode { get; init; }
}
