using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// Tells a broker what to tell clients. <see cref="Brokers"/> replaces the whole list of live brokers; <see cref="Partitions"/>
/// are merged into what the broker knows, unless <see cref="Full"/> is set: then they replace everything.
/// </summary>
[MessagePackObject]
public sealed class UpdateMetadataOrder : IFencedOrder
{
    [Key(0)] public int ControllerId { get; init; }
    [Key(1)] public int ControllerEpoch { get; init; }
    [Key(2)] public long BrokerEpoch { get; init; } = -1;
    [Key(3)] public List<LiveBroker> Brokers { get; init; } = [];
    [Key(4)] public List<PartitionMetadata> Partitions { get; init; } = [];
    [Key(5)] public bool Full { get; init; }
}

/// <summary>Answer to <see cref="UpdateMetadataOrder"/>.</summary>
[MessagePackObject]
public sealed class UpdateMetadataAnswer : IControlPlaneAnswer
{
    [Key(0)] public short ErrorCode { get; init; }
}
