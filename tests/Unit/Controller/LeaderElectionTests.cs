using ClassicBroker.Broker.Controller;
using ClassicBroker.Coordination;

namespace ClassicBroker.Unit.Controller;

public sealed class LeaderElectionTests
{
    private const int Seven = 7;
    private static readonly ControllerEpoch Epoch = new(Seven);

    [Fact]
    public void A_new_partition_is_led_by_its_first_live_replica_with_all_live_ones_in_sync()
    {
        var state = LeaderElection.First([1, 2, 3], Live(2, 3), Epoch);

        Assert.Equal(State(2, 0, Seven, [2, 3]), state);
    }

    [Fact]
    public void A_new_partition_without_a_live_replica_stays_new() => Assert.Null(LeaderElection.First([1, 2], Live(9), Epoch));

    [Fact]
    public void When_the_leader_dies_the_first_live_replica_in_sync_takes_over_and_the_dead_leave_the_isr()
    {
        var state = After([1, 2, 3], State(1, 4, 6, [1, 3, 2]), Live(2, 3));

        Assert.Equal(State(2, 5, Seven, [3, 2]), state);
    }

    [Fact]
    public void A_live_replica_outside_the_isr_is_passed_over()
    {
        var state = After([1, 2, 3], State(1, 4, 6, [1, 3]), Live(2, 3));

        Assert.Equal(3, state!.Leader);
    }

    [Fact]
    public void A_dead_follower_leaves_the_isr_and_the_leader_epoch_grows()
    {
        var state = After([1, 2, 3], State(1, 4, 6, [1, 2, 3]), Live(1, 3));

        Assert.Equal(State(1, 5, Seven, [1, 3]), state);
    }

    [Fact]
    public void Nothing_changes_while_leader_and_isr_are_alive() =>
        Assert.Null(After([1, 2, 3], State(1, 4, 6, [1, 2]), Live(1, 2)));

    [Fact]
    public void The_last_member_stays_in_the_isr_when_nobody_can_lead()
    {
        var state = After([1, 2], State(1, 4, 6, [1]), Live(2));

        Assert.Equal(State(PartitionState.NoLeader, 5, Seven, [1]), state);
    }

    [Fact]
    public void Members_that_died_together_all_stay_so_that_whoever_returns_first_may_lead()
    {
        var dead = After([1, 2], State(1, 4, 6, [1, 2]), Live());
        var back = After([1, 2], dead!, Live(2));

        Assert.Equal([1, 2], dead!.Isr);
        Assert.Equal(State(2, 6, Seven, [2]), back);
    }

    [Fact]
    public void A_leaderless_partition_is_not_written_again_and_again() =>
        Assert.Null(After([1, 2], State(PartitionState.NoLeader, 5, 6, [1]), Live(2)));

    [Fact]
    public void Unclean_election_happens_only_when_allowed_and_marks_the_leader_as_recovering()
    {
        var current = State(1, 4, 6, [1]);

        var state = LeaderElection.AfterBrokersChanged([1, 2, 3], current, Live(3), Live(3), Epoch, uncleanAllowed: true);

        Assert.Equal(State(3, 5, Seven, [3], recovery: 1), state);
    }

    [Fact]
    public void A_broker_that_is_shutting_down_keeps_what_it_leads_but_is_no_candidate()
    {
        var current = State(1, 4, 6, [1, 2]);

        Assert.Null(LeaderElection.AfterBrokersChanged([1, 2], current, Live(2), Live(1, 2), Epoch, uncleanAllowed: false));
        var orphan = LeaderElection.AfterBrokersChanged([1, 2], current with { Leader = 3 }, Live(2), Live(1, 2), Epoch, uncleanAllowed: false);
        Assert.Equal(2, orphan!.Leader);
    }

    [Fact]
    public void Preferred_election_goes_back_to_the_first_replica_only_if_it_is_in_sync()
    {
        Assert.Equal(1, LeaderElection.Preferred([1, 2], State(2, 4, 6, [2, 1]), Live(1, 2), Epoch)!.Leader);
        Assert.Null(LeaderElection.Preferred([1, 2], State(2, 4, 6, [2]), Live(1, 2), Epoch));
        Assert.Null(LeaderElection.Preferred([1, 2], State(1, 4, 6, [1, 2]), Live(1, 2), Epoch));
    }

    [Fact]
    public void Controlled_shutdown_moves_the_leader_and_takes_the_leaving_out_of_the_isr()
    {
        var state = LeaderElection.ControlledShutdown([1, 2, 3], State(1, 4, 6, [1, 2, 3]), Live(1, 2, 3), Live(1), Epoch);

        Assert.Equal(State(2, 5, Seven, [2, 3]), state);
    }

    [Fact]
    public void Controlled_shutdown_leaves_the_leader_when_nobody_else_is_in_sync() =>
        Assert.Null(LeaderElection.ControlledShutdown([1, 2], State(1, 4, 6, [1]), Live(1, 2), Live(1), Epoch));

    [Fact]
    public void A_failed_replica_leaves_the_isr_but_never_as_the_last_member()
    {
        Assert.Equal(State(2, 5, Seven, [2]), LeaderElection.WithoutReplica(State(2, 4, 6, [1, 2]), 1, Epoch));
        Assert.Equal(State(-1, 5, Seven, [2]), LeaderElection.WithoutReplica(State(1, 4, 6, [1, 2]), 1, Epoch));
        Assert.Equal(State(-1, 5, Seven, [1]), LeaderElection.WithoutReplica(State(1, 4, 6, [1]), 1, Epoch));
        Assert.Null(LeaderElection.WithoutReplica(State(-1, 5, Seven, [1]), 1, Epoch));
        Assert.Null(LeaderElection.WithoutReplica(State(2, 4, 6, [2]), 1, Epoch));
    }

    private static PartitionState? After(int[] replicas, PartitionState current, Func<int, bool> live) =>
        LeaderElection.AfterBrokersChanged(replicas, current, live, live, Epoch, uncleanAllowed: false);

    private static Func<int, bool> Live(params int[] brokers) => brokers.Contains;
}
