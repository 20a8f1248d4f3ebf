using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>One partition as clients are told about it.</summary>
[MessagePackObject]
public sealed class PartitionMetadata
{
    /// <summary>Leader value that removes the partition from the receiver's metadata: its topic is being deleted.</summary>
    public const int LeaderDeleted = -2;

    [Key(0)] public string Topic { get; init; } = "";
    [Key(1)] public Guid TopicId { get; init; }
    [Key(2)] public int Partition { get; init; }

    /// <summary>Broker id; −1 no leader now; <see cref="LeaderDeleted"/> forget this partition.</summary>
    [Key(3)] public int Leader { get; init; } = -1;
    [Key(4)] public int LeaderEpoch { get; init; } = -1;
    [Key(5)] public int ControllerEpoch { get; init; }
    [Key(6)] public int[] Isr { get; init; } = [];
    [Key(7)] public int ZkVersion { get; init; } = -1;
    [Key(8)] public int[] Replicas { get; init; } = [];
    [Key(9)] public int[] OfflineReplicas { get; init; } = [];
}
