namespace ClassicBroker.Coordination;

/// <summary>
/// Who leads a partition and who is in sync, as stored in its <c>state</c> znode. <see cref="Leader"/> is −1 when no replica may lead;
/// the ISR then still names the last one that may. <see cref="LeaderRecoveryState"/>: 0 recovered, 1 recovering (KIP-704).
/// Two states are equal when all fields are, the ISR compared in order.
/// </summary>
public sealed record PartitionState(int Leader, LeaderEpoch LeaderEpoch, ControllerEpoch ControllerEpoch, IReadOnlyList<int> Isr, int LeaderRecoveryState = 0)
{
    /// <summary>Value of <see cref="Leader"/> when nobody leads.</summary>
    public const int NoLeader = -1;

    public bool Equals(PartitionState? other) =>
        other is not null && Leader == other.Leader && LeaderEpoch == other.LeaderEpoch && ControllerEpoch == other.ControllerEpoch
        && LeaderRecoveryState == other.LeaderRecoveryState && Isr.SequenceEqual(other.Isr);

    public override int GetHashCode() => HashCode.Combine(Leader, LeaderEpoch, ControllerEpoch, Isr.Count);

    public override string ToString() =>
        $"leader {Leader}, leader epoch {LeaderEpoch}, ISR [{string.Join(",", Isr)}], controller epoch {ControllerEpoch}";
}

/// <summary>A partition state together with the version of its znode (the partition epoch), which the next conditional write expects.</summary>
public sealed record VersionedPartitionState(PartitionState State, ZkVersion ZkVersion);
