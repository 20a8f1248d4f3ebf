using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// One partition as this broker sees it at one moment, for <c>/status</c> and <c>./classic status</c>. Offsets are -1 where unknown.
/// <see cref="Followers"/> is filled on the leader only.
/// </summary>
public sealed record PartitionStatus(
    TopicPartition Id,
    Guid TopicId,
    bool IsLeader,
    int Leader,
    int LeaderEpoch,
    IReadOnlyList<int> Replicas,
    IReadOnlyList<int> Isr,
    long LogStartOffset,
    long LogEndOffset,
    long HighWatermark,
    int ZkVersion,
    IReadOnlyList<FollowerStatus> Followers);

/// <summary>One follower as its leader sees it.</summary>
public sealed record FollowerStatus(int BrokerId, long LogEndOffset, bool InSync, TimeSpan? SinceCaughtUp);
