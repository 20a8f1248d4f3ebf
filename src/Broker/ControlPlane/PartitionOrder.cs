using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// The role of one partition as the controller decided it. The receiver takes it only when <see cref="LeaderEpoch"/> is
/// higher than the one it has; the same or a lower epoch is an old or repeated order (reference: Kafka's LeaderAndIsr).
/// </summary>
[MessagePackObject]
public sealed class PartitionOrder
{
    [Key(0)] public string Topic { get; init; } = "";
    [Key(1)] public Guid TopicId { get; init; }
    [Key(2)] public int Partition { get; init; }

    /// <summary>Epoch of the controller that made this decision; may be older than the sender's own.</summary>
    [Key(3)] public int ControllerEpoch { get; init; }

    /// <summary>Broker id, or −1 when no replica may lead.</summary>
    [Key(4)] public int Leader { get; init; } = -1;
    [Key(5)] public int LeaderEpoch { get; init; } = -1;
    [Key(6)] public int[] Isr { get; init; } = [];

    /// <summary>Version of the <c>state</c> znode (partition epoch): what the leader's next compare-and-set must expect.</summary>
    [Key(7)] public int ZkVersion { get; init; } = -1;
    [Key(8)] public int[] Replicas { get; init; } = [];

    /// <summary>True when the receiver may create the log; false when a missing log means a lost disk.</summary>
    [Key(9)] public bool IsNew { get; init; }
    [Key(10)] public int[] Adding { get; init; } = [];
    [Key(11)] public int[] Removing { get; init; } = [];

    /// <summary>0 recovered, 1 recovering (the leader was elected uncleanly; KIP-704).</summary>
    [Key(12)] public int LeaderRecoveryState { get; init; }
}
