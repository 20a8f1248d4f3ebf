using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// A leader tells the controller that it cannot keep min.insync.replicas: it does not reach enough of the ISR, though ZooKeeper calls them alive. The
/// controller may move the leadership to another member of the ISR (decision 0006). Goes from a broker to the controller, like
/// <see cref="ControlledShutdownOrder"/>. The sender must have stopped to acknowledge on these partitions before it sends.
/// </summary>
[MessagePackObject]
public sealed class HandOverOrder
{
    [Key(0)] public int BrokerId { get; init; }

    /// <summary>Must be the epoch of the sender's registration as the controller knows it.</summary>
    [Key(1)] public long BrokerEpoch { get; init; } = -1;

    /// <summary>The newest controller epoch the sender has heard of; must be the controller's own.</summary>
    [Key(2)] public int ControllerEpoch { get; init; } = -1;

    [Key(3)] public List<HandOverPartition> Partitions { get; init; } = [];
}

/// <summary>One partition its leader asks to be relieved of.</summary>
[MessagePackObject]
public sealed class HandOverPartition
{
    [Key(0)] public string Topic { get; init; } = "";

    /// <summary>Empty when the topic has none.</summary>
    [Key(1)] public Guid TopicId { get; init; }

    [Key(2)] public int Partition { get; init; }

    /// <summary>The epoch the sender leads in; must be the stored one.</summary>
    [Key(3)] public int LeaderEpoch { get; init; } = -1;

    /// <summary>Replicas the sender does reach, itself among them.</summary>
    [Key(4)] public int[] Reachable { get; init; } = [];
}

/// <summary>
/// Answer to <see cref="HandOverOrder"/>. For the whole order: NOT_CONTROLLER, STALE_CONTROLLER_EPOCH, BROKER_NOT_AVAILABLE, STALE_BROKER_EPOCH. For each
/// partition: NONE (another leads now; the order to follow is on its way), FENCED_LEADER_EPOCH (another leads already), UNKNOWN_TOPIC_OR_PARTITION,
/// ELIGIBLE_LEADERS_NOT_AVAILABLE (no other live member of the ISR), THROTTLING_QUOTA_EXCEEDED (handed over too recently, or too many at once: ask again).
/// </summary>
[MessagePackObject]
public sealed class HandOverAnswer : IControlPlaneAnswer
{
    [Key(0)] public short ErrorCode { get; init; }
    [Key(1)] public List<PartitionAnswer> Partitions { get; init; } = [];
}
