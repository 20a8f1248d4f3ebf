using ClassicBroker.Coordination;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Bugs Kafka had with truncation and epochs, by number; each is what would happen here without the rule that keeps it out.</summary>
public sealed class KnownTruncationBugsTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private Partition FollowerOf(int leader, int broker, int epoch)
    {
        var follower = _bench.Replica(broker);
        follower.TakeRole(Order(leader, epoch, [1, 2, 3]), Life);
        return follower;
    }

    private static byte[] Of(int epoch, long offset, params string[] values)
    {
        var batch = Batch(values);
        RecordBatch.SetBaseOffset(batch, offset);
        RecordBatch.SetLeaderEpoch(batch, epoch);
        return batch;
    }

    [Fact]
    public void KIP_101_a_follower_does_not_cut_at_its_watermark_and_lead_without_what_was_committed()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(one, "a");
        Follow(2, two, one);
        Follow(2, two, one);
        Assert.Equal((1, 0), (one.HighWatermark, two.HighWatermark));

        // Restarted: the role comes again under a new epoch, then the leader dies.
        two.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        two.TakeRole(Order(leader: 2, epoch: 2, isr: [2]), Life);
        Assert.Equal(["0-0@0"], Stored(two));
    }

    [Fact]
    public void KAFKA_6361_after_a_fast_double_failover_the_largest_common_epoch_is_found()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(one, "both");
        Follow(2, two, one);
        Append(one, "one in 0");
        two.TakeRole(Order(leader: 2, epoch: 1, isr: [2]), Life);
        Append(two, "two in 1");
        one.TakeRole(Order(leader: 1, epoch: 2, isr: [1]), Life);
        Append(one, "one in 2");
        two.TakeRole(Order(leader: 1, epoch: 2, isr: [1]), Life);

        for (var fetch = 0; fetch < 4; fetch++) Follow(2, two, one);
        Assert.Equal(Stored(one), Stored(two));
    }

    [Fact]
    public void KAFKA_7164_an_epoch_that_changes_nothing_but_its_number_is_reconciled_too()
    {
        var one = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var two = FollowerOf(leader: 1, broker: 2, epoch: 0);
        Append(one, "a");
        Follow(2, two, one);
        // The same leader, elected again with a log that lost its tail.
        one.Log.TruncateTo(0);
        one.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        Append(one, "b");
        two.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);

        for (var fetch = 0; fetch < 3; fetch++) Follow(2, two, one);
        Assert.Equal(["0-0@1"], Stored(two));
    }

    [Fact]
    public void KAFKA_7415_a_new_leader_can_answer_for_its_own_epoch_before_its_first_record()
    {
        var leader = _bench.Leader(1, epoch: 7, isr: [1]);
        Assert.Equal((ErrorCode.None, 7, 0), leader.EndOffsetForEpoch(7, currentLeaderEpoch: new LeaderEpoch(7)));
    }

    [Theory]
    [InlineData(4, ErrorCode.FencedLeaderEpoch)]
    [InlineData(6, ErrorCode.UnknownLeaderEpoch)]
    public void KIP_320_fetch_offsets_and_epoch_ends_are_fenced(int epoch, ErrorCode expected)
    {
        var leader = _bench.Leader(1, epoch: 5, isr: [1]);
        var query = new ReadQuery { ReplicaId = 2, ReplicaEpoch = new BrokerEpoch(-1), CurrentLeaderEpoch = new LeaderEpoch(epoch), LastFetchedEpoch = -1 };
        Assert.Equal(expected, leader.Read(query, 100, true).Error);
        Assert.Equal(expected, leader.LookUpOffset(OffsetLookup.Latest, -1, new LeaderEpoch(epoch)).Error);
        Assert.Equal(expected, leader.EndOffsetForEpoch(5, new LeaderEpoch(epoch)).Error);
    }

    [Fact]
    public void KAFKA_10554_a_fetch_past_the_end_of_its_epoch_is_told_where_the_histories_part()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1]);
        Append(leader, "a");
        leader.TakeRole(Order(leader: 1, epoch: 3, isr: [1]), Life);
        Append(leader, "b");
        var query = new ReadQuery { ReplicaId = -1, CurrentLeaderEpoch = new LeaderEpoch(3), LastFetchedEpoch = 2, FetchOffset = 2 };
        Assert.Equal((0, 1), leader.Read(query, 100, true).Diverging);
    }

    [Fact]
    public void KAFKA_7786_an_answer_for_an_older_epoch_touches_nothing()
    {
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(0), Of(0, 0, "a"), 0, 0);
        follower.TakeRole(Order(leader: 3, epoch: 1, isr: [3]), Life);
        follower.TruncateForDivergence(leaderEpoch: new LeaderEpoch(0), 0, 0);
        follower.ResumeAfterOutOfRange(leaderEpoch: new LeaderEpoch(0), 500, 900);
        Assert.False(follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(0), Of(0, 1, "b"), 2, 0));
        Assert.Equal((0, 1, 0), (follower.LogStartOffset, follower.LogEndOffset, follower.HighWatermark));
    }

    [Fact]
    public void KAFKA_2143_6492_and_9491_a_log_is_begun_anew_only_when_the_leader_s_start_is_past_its_end()
    {
        var follower = FollowerOf(leader: 1, broker: 2, epoch: 0);
        follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(0), Of(0, 0, "a", "b"), 2, 0);
        follower.ResumeAfterOutOfRange(leaderEpoch: new LeaderEpoch(0), leaderStart: 0, leaderEnd: 5);
        follower.ResumeAfterOutOfRange(leaderEpoch: new LeaderEpoch(0), leaderStart: 2, leaderEnd: 5);
        Assert.Equal((0, 2, 2), (follower.LogStartOffset, follower.LogEndOffset, follower.HighWatermark));
        follower.ResumeAfterOutOfRange(leaderEpoch: new LeaderEpoch(0), leaderStart: 3, leaderEnd: 5);
        Assert.Equal((3, 3, 3), (follower.LogStartOffset, follower.LogEndOffset, follower.HighWatermark));
    }

    [Fact]
    public void KAFKA_5634_retention_stops_at_the_watermark()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        leader.Log.Options = new LogOptions { SegmentBytes = 100, RetentionBytes = 0 };
        Append(leader, "a");
        Append(leader, "b");
        Append(leader, "c");
        leader.ApplyRetention();
        Assert.Equal(0, leader.LogStartOffset);
        FetchAs(2, leader, 1);
        leader.ApplyRetention();
        Assert.Equal(1, leader.LogStartOffset);
    }
}
