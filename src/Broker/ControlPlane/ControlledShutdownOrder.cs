using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// A broker asks the controller to move its leaderships away before it stops. Goes from a broker to the controller,
/// as does <see cref="HandOverOrder"/>.
/// </summary>
[MessagePackObject]
public sealed class ControlledShutdownOrder
{
    [Key(0)] public int BrokerId { get; init; }
    [Key(1)] public long BrokerEpoch { get; init; } = -1;
}

/// <summary>Answer to <see cref="ControlledShutdownOrder"/>: the partitions the broker still leads; it asks again until there are none.</summary>
[MessagePackObject]
public sealed class ControlledShutdownAnswer : IControlPlaneAnswer
{
    [Key(0)] public short ErrorCode { get; init; }
    [Key(1)] public List<PartitionAnswer> Remaining { get; init; } = [];
}
