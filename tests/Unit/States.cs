using ClassicBroker.Coordination;

namespace ClassicBroker.Unit;

/// <summary>Partition states and their fences from plain numbers, for tests that are full of them.</summary>
internal static class States
{
    public static PartitionState State(int leader, int leaderEpoch, int controllerEpoch, IReadOnlyList<int> isr, int recovery = 0) =>
        new(leader, new LeaderEpoch(leaderEpoch), new ControllerEpoch(controllerEpoch), isr, recovery);

    public static VersionedPartitionState Stored(PartitionState state, int zkVersion) => new(state, new ZkVersion(zkVersion));
}
