using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Replicas that follow: byte for byte, the watermark one fetch later, and truncation by epoch through every kind of fail-over.</summary>
public sealed class FollowerTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private Partition FollowerOf(int leader, int broker, int epoch)
    {
        var follower = _bench.Replica(broker);
        follower.TakeRole(Order(leader, epoch, [1, 2, 3]), Life);
        return follower;
    }

    [Fact]
    public void A_follower_copies_and_learns_the_watermark_one_fetch_later()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(leader, "a", "b");

        Follow(2, follower, leader);
        Assert.Equal((2, 0), (follower.LogEndOffset, follower.HighWatermark));
        Follow(2, follower, leader);
        Assert.Equal((2, 0), (follower.LogEndOffset, follower.HighWatermark));
        Follow(2, follower, leader);
        Assert.Equal((2, 2), (follower.LogEndOffset, follower.HighWatermark));
        Assert.Equal(Stored(leader), Stored(follower));
    }

    [Fact]
    public void A_leader_that_returns_as_follower_loses_only_what_nobody_else_has()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(one, "both");
        Follow(2, two, one);
        Append(one, "only one has this");

        two.TakeRole(Order(leader: 2, epoch: 1, isr: [1, 2]), Life);
        Append(two, "the new leader's");
        one.TakeRole(Order(leader: 2, epoch: 1, isr: [1, 2]), Life);

        var first = Follow(1, one, two);
        Assert.Equal((0, 1), first.Diverging);
        Assert.Equal(1, one.LogEndOffset);
        Follow(1, one, two);
        Assert.Equal(["0-0@0", "1-1@1"], Stored(one));
        Assert.Equal(Stored(two), Stored(one));
    }

    /// <summary>KIP-101: cutting at the own watermark and leading next would lose the record both had.</summary>
    [Fact]
    public void A_restarted_follower_does_not_cut_at_its_watermark()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(one, "a");
        Follow(2, two, one);
        Assert.Equal(0, two.HighWatermark);

        two.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        one.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        Follow(2, two, one);
        Assert.Equal(["0-0@0"], Stored(two));

        two.TakeRole(Order(leader: 2, epoch: 2, isr: [2]), Life);
        Assert.Equal(1, two.HighWatermark);
    }

    /// <summary>KIP-279: elections so fast that each of two replicas has an epoch the other never saw.</summary>
    [Fact]
    public void After_a_double_failover_the_follower_asks_until_both_know_one_epoch()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2, 3]);
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        var three = FollowerOf(leader: 1, broker: 3, epoch: 0);
        Append(one, "common");
        Follow(2, two, one);
        Follow(3, three, one);

        // two leads in epoch 1 and writes alone; three leads in epochs 2 and 4 and writes alone; two leads again in epoch 3.
        two.TakeRole(Order(leader: 2, epoch: 1, isr: [2]), Life);
        Append(two, "two in 1");
        three.TakeRole(Order(leader: 3, epoch: 2, isr: [3]), Life);
        Append(three, "three in 2", "and more");
        two.TakeRole(Order(leader: 2, epoch: 3, isr: [2]), Life);
        Append(two, "two in 3");
        three.TakeRole(Order(leader: 3, epoch: 4, isr: [3]), Life);
        Append(three, "three in 4");
        two.TakeRole(Order(leader: 3, epoch: 4, isr: [3]), Life);

        for (var fetch = 0; fetch < 6; fetch++) Follow(2, two, three);

        Assert.Equal(["0-0@0", "1-2@2", "3-3@4"], Stored(three));
        Assert.Equal(Stored(three), Stored(two));
    }

    [Fact]
    public void An_epoch_without_records_does_not_trap_the_follower()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(one, "a");
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Follow(2, two, one);
        // one leads in epoch 1 and writes nothing, then two leads: one's cache has an epoch two never saw, at its very end.
        one.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        two.TakeRole(Order(leader: 2, epoch: 2, isr: [1, 2]), Life);
        Append(two, "b");
        one.TakeRole(Order(leader: 2, epoch: 2, isr: [1, 2]), Life);

        for (var fetch = 0; fetch < 3; fetch++) Follow(1, one, two);
        Assert.Equal(["0-0@0", "1-1@2"], Stored(one));
    }

    [Fact]
    public void Answers_of_a_past_epoch_are_dropped()
    {
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        follower.TakeRole(Order(leader: 3, epoch: 1, isr: [3]), Life);
        Assert.False(follower.AppendAsFollower(new LeaderEpoch(0), Batch("late"), 1, 0));
        follower.TruncateForDivergence(new LeaderEpoch(0), 0, 0);
        follower.ResumeAfterOutOfRange(new LeaderEpoch(0), 5, 9);
        Assert.Equal(0, follower.LogEndOffset);
        Assert.Null(follower.Position(new LeaderEpoch(0)));
    }

    [Fact]
    public void A_follower_behind_the_leader_s_log_start_begins_there()
    {
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        follower.ResumeAfterOutOfRange(new LeaderEpoch(0), leaderStart: 500, leaderEnd: 900);
        Assert.Equal((500, 500, 500), (follower.LogStartOffset, follower.LogEndOffset, follower.HighWatermark));
    }

    [Fact]
    public void A_log_start_inside_a_batch_is_where_the_follower_starts_all_the_same()
    {
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        follower.ResumeAfterOutOfRange(new LeaderEpoch(0), leaderStart: 501, leaderEnd: 900);
        var batch = Batch("500", "501", "502");
        RecordBatch.SetBaseOffset(batch, 500);
        RecordBatch.SetLeaderEpoch(batch, 0);

        follower.AppendAsFollower(new LeaderEpoch(0), batch, leaderHighWatermark: 503, leaderLogStart: 501);

        Assert.Equal((501, 503, 503), (follower.LogStartOffset, follower.LogEndOffset, follower.HighWatermark));
    }

    [Fact]
    public void Consumers_of_new_versions_may_read_a_follower_up_to_its_own_watermark()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(leader, "a");
        for (var fetch = 0; fetch < 3; fetch++) Follow(2, follower, leader);

        var query = new ReadQuery { ReplicaId = -1, CurrentLeaderEpoch = new LeaderEpoch(0), LastFetchedEpoch = -1 };
        Assert.Equal(ErrorCode.NotLeaderOrFollower, follower.Read(query, 1000, true).Error);
        using var read = follower.Read(query with { FollowersMayServe = true }, 1000, true).Read;
        Assert.True(read.Records.Length > 0);
    }
}
