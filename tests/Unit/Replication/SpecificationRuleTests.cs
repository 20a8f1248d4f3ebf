using ClassicBroker.Coordination;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>The four rules the replication specification ends with; what breaks one does not happen, whoever caused it.</summary>
public sealed class SpecificationRuleTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private Partition Follower(int epoch)
    {
        var follower = _bench.Replica(2);
        follower.TakeRole(Order(leader: 1, epoch, isr: [1, 2]), Life);
        return follower;
    }

    private static byte[] Of(int epoch, long offset)
    {
        var batch = Batch("x");
        RecordBatch.SetBaseOffset(batch, offset);
        RecordBatch.SetLeaderEpoch(batch, epoch);
        return batch;
    }

    [Fact]
    public void Rule_1_records_of_an_epoch_below_ours_are_not_appended_unreconciled()
    {
        var follower = Follower(epoch: 3);
        follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(3), Of(epoch: 3, 0), 0, 0);
        Assert.Throws<SpecificationException>(() => follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(3), Of(epoch: 2, 1), 0, 0));
        Assert.Throws<SpecificationException>(() => follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(3), Of(epoch: 4, 1), 0, 0));
        Assert.Equal(1, follower.LogEndOffset);
    }

    [Fact]
    public void Rule_2_a_leader_cannot_speak_of_an_epoch_above_its_own()
    {
        var follower = Follower(epoch: 3);
        follower.AppendAsFollower(leaderEpoch: new LeaderEpoch(3), Of(epoch: 3, 0), 0, 0);
        Assert.Throws<SpecificationException>(() => follower.TruncateForDivergence(leaderEpoch: new LeaderEpoch(3), divergingEpoch: 4, divergingEnd: 0));
        Assert.Equal(1, follower.LogEndOffset);
    }

    [Fact]
    public void Rule_3_a_follower_that_does_not_name_our_epoch_reads_but_acknowledges_nothing()
    {
        var leader = _bench.Leader(1, epoch: 5, isr: [1, 2]);
        Append(leader, "a");
        var query = new ReadQuery { ReplicaId = 2, ReplicaEpoch = new BrokerEpoch(-1), FetchOffset = 1, CurrentLeaderEpoch = new LeaderEpoch(-1), LastFetchedEpoch = -1 };
        Assert.Equal(ErrorCode.None, leader.Read(query, 100, true).Error);
        Assert.Equal(0, leader.HighWatermark);
        leader.Read(query with { CurrentLeaderEpoch = new LeaderEpoch(5) }, 100, true);
        Assert.Equal(1, leader.HighWatermark);
    }

    [Fact]
    public void Rule_3_what_followers_acknowledged_under_an_older_epoch_is_forgotten()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 3]);
        Append(leader, "a");
        FetchAs(2, leader, 1);
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2, 3]), Life);
        FetchAs(3, leader, 1);
        Assert.Equal(0, leader.HighWatermark);
        FetchAs(2, leader, 1);
        Assert.Equal(1, leader.HighWatermark);
    }

    [Fact]
    public void Rule_4_joining_needs_the_start_of_the_epoch()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1]);
        Append(leader, "a");
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        FetchAs(3, leader, 0);
        Assert.Null(leader.CurrentProposal());
    }

    [Fact]
    public void A_parked_fetch_that_looks_again_is_no_second_word_of_the_follower()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var query = new ReadQuery { ReplicaId = 2, ReplicaEpoch = new BrokerEpoch(-1), CurrentLeaderEpoch = new LeaderEpoch(0), LastFetchedEpoch = -1 };
        leader.Read(query, 100, true);
        _bench.Time.Advance(MaxLag / 2);
        Append(leader, "a");
        using var again = leader.Read(query with { IsRepeated = true }, 1000, true).Read;
        Assert.Equal(MaxLag / 2, leader.Status().Followers.Single(f => f.BrokerId == 2).SinceCaughtUp);
    }
}
