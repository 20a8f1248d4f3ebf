using ClassicBroker.Broker.Controller;

namespace ClassicBroker.Unit.Controller;

public sealed class StateMachineTests
{
    // Every pair is listed: what is not here is illegal.
    private static readonly (PartitionStatus From, PartitionStatus To)[] PartitionMoves =
    [
        (PartitionStatus.NonExistent, PartitionStatus.New),
        (PartitionStatus.New, PartitionStatus.Online), (PartitionStatus.Online, PartitionStatus.Online), (PartitionStatus.Offline, PartitionStatus.Online),
        (PartitionStatus.New, PartitionStatus.Offline), (PartitionStatus.Online, PartitionStatus.Offline), (PartitionStatus.Offline, PartitionStatus.Offline),
        (PartitionStatus.Offline, PartitionStatus.NonExistent),
    ];

    private static readonly (ReplicaStatus From, ReplicaStatus To)[] ReplicaMoves =
    [
        (ReplicaStatus.NonExistent, ReplicaStatus.New),
        (ReplicaStatus.New, ReplicaStatus.Online), (ReplicaStatus.Online, ReplicaStatus.Online),
        (ReplicaStatus.Offline, ReplicaStatus.Online), (ReplicaStatus.DeletionIneligible, ReplicaStatus.Online),
        (ReplicaStatus.New, ReplicaStatus.Offline), (ReplicaStatus.Online, ReplicaStatus.Offline),
        (ReplicaStatus.Offline, ReplicaStatus.Offline), (ReplicaStatus.DeletionIneligible, ReplicaStatus.Offline),
        (ReplicaStatus.Offline, ReplicaStatus.DeletionStarted),
        (ReplicaStatus.DeletionStarted, ReplicaStatus.DeletionSuccessful),
        (ReplicaStatus.Offline, ReplicaStatus.DeletionIneligible), (ReplicaStatus.DeletionStarted, ReplicaStatus.DeletionIneligible),
        (ReplicaStatus.DeletionSuccessful, ReplicaStatus.NonExistent),
    ];

    [Fact]
    public void Partitions_move_as_the_table_says_and_not_otherwise()
    {
        foreach (var from in Enum.GetValues<PartitionStatus>())
            foreach (var to in Enum.GetValues<PartitionStatus>())
                Assert.Equal(PartitionMoves.Contains((from, to)), PartitionStateMachine.IsLegal(from, to));
    }

    [Fact]
    public void Replicas_move_as_the_table_says_and_not_otherwise()
    {
        foreach (var from in Enum.GetValues<ReplicaStatus>())
            foreach (var to in Enum.GetValues<ReplicaStatus>())
                Assert.Equal(ReplicaMoves.Contains((from, to)), ReplicaStateMachine.IsLegal(from, to));
    }

    [Theory]
    [InlineData(false, null, false, PartitionStatus.NonExistent)]
    [InlineData(true, null, false, PartitionStatus.New)]
    [InlineData(true, 1, true, PartitionStatus.Online)]
    [InlineData(true, 1, false, PartitionStatus.Offline)]
    [InlineData(true, -1, false, PartitionStatus.Offline)]
    public void The_status_is_read_off_assignment_state_and_live_brokers(bool assigned, int? leader, bool leaderUp, PartitionStatus expected) =>
        Assert.Equal(expected, PartitionStateMachine.StatusOf(assigned, leader, leaderUp));
}
