using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>A replica that leads: append, commit, the answers it must refuse.</summary>
public sealed class LeaderTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_replica_without_an_order_refuses_everything()
    {
        var replica = _bench.Replica(1);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(replica, "a").Error);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, FetchAs(2, replica, 0).Error);
    }

    [Fact]
    public void The_watermark_follows_the_slowest_in_sync_follower()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 3]);
        Append(leader, "a", "b", "c");
        Assert.Equal(0, leader.HighWatermark);

        FetchAs(2, leader, 3);
        Assert.Equal(0, leader.HighWatermark);
        FetchAs(3, leader, 2);
        Assert.Equal(2, leader.HighWatermark);
        FetchAs(3, leader, 3);
        Assert.Equal(3, leader.HighWatermark);
    }

    [Fact]
    public void A_follower_s_answer_carries_the_watermark_of_before_its_own_fetch()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        Assert.Equal(0, FetchAs(2, leader, 1).HighWatermark);
        Assert.Equal(1, FetchAs(2, leader, 1).HighWatermark);
    }

    [Fact]
    public async Task Acks_all_is_released_by_the_follower_s_fetch()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var wait = leader.WaitForCommitAsync(AppendAll(leader, "a", "b"), TimeSpan.FromSeconds(5)).AsTask();
        FetchAs(2, leader, 1);
        Assert.False(wait.IsCompleted);
        FetchAs(2, leader, 2);
        Assert.Equal(ErrorCode.None, await wait);
    }

    [Fact]
    public async Task Acks_all_is_refused_when_another_takes_over()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var wait = leader.WaitForCommitAsync(AppendAll(leader, "a"), TimeSpan.FromSeconds(5)).AsTask();
        leader.TakeRole(Order(leader: 2, epoch: 1, isr: [1, 2]), Life);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, await wait);
    }

    [Fact]
    public async Task Acks_all_goes_on_waiting_when_the_same_leader_gets_a_higher_epoch()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var wait = leader.WaitForCommitAsync(AppendAll(leader, "a"), TimeSpan.FromSeconds(5)).AsTask();
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1]), Life);
        Assert.Equal(ErrorCode.None, await wait);
    }

    [Fact]
    public async Task Acks_all_times_out_by_the_clock_and_the_record_stays()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var wait = leader.WaitForCommitAsync(AppendAll(leader, "a"), TimeSpan.FromSeconds(5)).AsTask();
        _bench.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(ErrorCode.RequestTimedOut, await wait);
        Assert.Equal(1, leader.LogEndOffset);
    }

    [Fact]
    public void Acks_all_appends_nothing_when_the_isr_is_too_small()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1], minInsync: 2);
        Assert.Equal(ErrorCode.NotEnoughReplicas, AppendAll(leader, "a").Error);
        Assert.Equal(0, leader.LogEndOffset);
        Assert.Equal(ErrorCode.None, Append(leader, "a").Error);
    }

    [Fact]
    public void The_watermark_stands_still_below_min_insync_replicas()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1], minInsync: 2);
        Append(leader, "a");
        Assert.Equal(0, leader.HighWatermark);
    }

    [Fact]
    public async Task A_lost_registration_ends_the_leadership_at_once()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var stored = AppendAll(leader, "a");
        var wait = leader.WaitForCommitAsync(stored, TimeSpan.FromSeconds(5)).AsTask();
        _bench.Fence.Registered = BrokerEpoch.None;

        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(leader, "b").Error);
        Assert.False(leader.StillLeads(stored));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, FetchAs(2, leader, 1).Error);
        leader.TakeRole(Order(leader: 2, epoch: 1, isr: [1, 2]), new BrokerEpoch(101));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, await wait);
    }

    [Fact]
    public void A_new_registration_leads_again_only_after_it_was_told()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1]);
        _bench.Fence.Registered = new BrokerEpoch(101);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(leader, "a").Error);

        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1]), new BrokerEpoch(101));
        Assert.Equal(ErrorCode.None, Append(leader, "a").Error);
    }

    [Fact]
    public void An_order_that_repeats_the_epoch_confirms_the_leadership_under_the_new_registration()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1]);
        _bench.Fence.Registered = new BrokerEpoch(101);
        Assert.False(leader.TakeRole(Order(leader: 1, epoch: 0, isr: [1]), new BrokerEpoch(101)));
        Assert.Equal(ErrorCode.None, Append(leader, "a").Error);
    }

    [Fact]
    public void Equal_and_lower_leader_epochs_are_ignored()
    {
        var leader = _bench.Leader(1, epoch: 5, isr: [1]);
        Assert.False(leader.TakeRole(Order(leader: 2, epoch: 5, isr: [2]), Life));
        Assert.False(leader.TakeRole(Order(leader: 2, epoch: 4, isr: [2]), Life));
        Assert.True(leader.IsLeader);
        Assert.Equal(5, leader.LeaderEpoch.Value);
    }

    [Fact]
    public void The_epoch_begins_in_the_cache_before_the_first_record()
    {
        var leader = _bench.Leader(1, epoch: 7, isr: [1]);
        Assert.Equal((ErrorCode.None, 7, 0), leader.EndOffsetForEpoch(7, new LeaderEpoch(7)));
        Assert.Equal((ErrorCode.None, -1, -1), leader.EndOffsetForEpoch(8, new LeaderEpoch(7)));
    }

    [Fact]
    public void A_stranger_is_no_follower()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1]);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, FetchAs(77, leader, 0).Error);
        var withoutEpoch = new ReadQuery { ReplicaId = 77, CurrentLeaderEpoch = new LeaderEpoch(-1), LastFetchedEpoch = -1 };
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.Read(withoutEpoch, 100, true).Error);
    }

    [Theory]
    [InlineData(4, ErrorCode.FencedLeaderEpoch)]
    [InlineData(6, ErrorCode.UnknownLeaderEpoch)]
    [InlineData(5, ErrorCode.None)]
    [InlineData(-1, ErrorCode.None)]
    public void Readers_are_fenced_by_leader_epoch(int readersEpoch, ErrorCode expected)
    {
        var leader = _bench.Leader(1, epoch: 5, isr: [1]);
        var query = new ReadQuery { ReplicaId = -1, CurrentLeaderEpoch = new LeaderEpoch(readersEpoch), LastFetchedEpoch = -1 };
        Assert.Equal(expected, leader.Read(query, 100, true).Error);
        Assert.Equal(expected, leader.LookUpOffset(OffsetLookup.Latest, -1, new LeaderEpoch(readersEpoch)).Error);
        Assert.Equal(expected, leader.EndOffsetForEpoch(5, new LeaderEpoch(readersEpoch)).Error);
    }

    [Fact]
    public void Consumers_see_nothing_between_watermark_and_log_end()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        var consumer = new ReadQuery { ReplicaId = -1, CurrentLeaderEpoch = new LeaderEpoch(-1), LastFetchedEpoch = -1 };
        Assert.Equal((ErrorCode.None, 0), Sizes(leader.Read(consumer, 100_000, true)));
        Assert.Equal((ErrorCode.None, 0), Sizes(leader.Read(consumer with { FetchOffset = 1 }, 100_000, true)));
        Assert.Equal((ErrorCode.OffsetOutOfRange, 0), Sizes(leader.Read(consumer with { FetchOffset = 2 }, 100_000, true)));
        FetchAs(2, leader, 1);
        Assert.True(leader.Read(consumer, 100_000, true).Bytes > 0);
    }

    [Fact]
    public void The_end_is_unknown_until_the_watermark_reaches_the_epoch_s_start()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        Assert.Equal(ErrorCode.OffsetNotAvailable, leader.LookUpOffset(OffsetLookup.Latest, -1, LeaderEpoch.None).Error);
        FetchAs(2, leader, 1);
        Assert.Equal(1, leader.LookUpOffset(OffsetLookup.Latest, -1, LeaderEpoch.None).Offset);
    }

    [Fact]
    public void A_consumer_that_an_earlier_leader_showed_more_is_told_no_watermark_that_went_back()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        var consumer = new ReadQuery { ReplicaId = -1, FetchOffset = 1, CurrentLeaderEpoch = new LeaderEpoch(-1), LastFetchedEpoch = -1 };

        Assert.Equal(ErrorCode.OffsetNotAvailable, leader.Read(consumer, 100_000, true).Error);
        Assert.Equal(ErrorCode.None, leader.Read(consumer with { FetchOffset = 0 }, 100_000, true).Error);
        FetchAs(2, leader, 1);
        Assert.Equal((ErrorCode.None, 0), Sizes(leader.Read(consumer, 100_000, true)));
    }

    [Fact]
    public async Task Parked_readers_are_woken_by_what_they_wait_for()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        using var follower = new ProgressWatch(TimeSpan.FromMinutes(1), _bench.Time);
        using var consumer = new ProgressWatch(TimeSpan.FromMinutes(1), _bench.Time);
        leader.Subscribe(follower, ProgressKind.LogEnd);
        leader.Subscribe(consumer, ProgressKind.HighWatermark);
        var (followerWoken, consumerWoken) = (follower.WaitAsync(), consumer.WaitAsync());

        Append(leader, "a");
        Assert.True(await followerWoken);
        Assert.False(consumerWoken.IsCompleted);
        FetchAs(2, leader, 1);
        Assert.True(await consumerWoken);

        consumerWoken = consumer.WaitAsync();
        _bench.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(await consumerWoken);
    }

    private static (ErrorCode, int) Sizes(PartitionRead read)
    {
        using var held = read.Read;
        return (read.Error, read.Bytes);
    }
}
