using System.Text;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Groups;

public class RebalanceTests
{
    private readonly GroupFixture _f = new();

    [Fact]
    public async Task The_first_member_leads_generation_one()
    {
        var joined = await _f.Join();
        Assert.Equal((ErrorCode.None, 1, joined.MemberId, "range"), (joined.Error, joined.Generation, joined.Leader, joined.Protocol));
        Assert.Equal(joined.MemberId, Assert.Single(joined.Members).Id);
        Assert.Equal(GroupPhase.CompletingRebalance, _f.Group.Phase);
    }

    [Fact]
    public async Task A_client_that_can_is_given_its_id_before_it_counts()
    {
        var refused = await _f.Join(requireKnownId: true);
        Assert.Equal(ErrorCode.MemberIdRequired, refused.Error);
        Assert.Empty(_f.Group.View().Members);
        var joined = await _f.Join(refused.MemberId, requireKnownId: true);
        Assert.Equal((ErrorCode.None, refused.MemberId), (joined.Error, joined.MemberId));
    }

    [Fact]
    public async Task An_id_that_nobody_came_with_does_not_hold_the_next_rebalance_for_ever()
    {
        var ids = await _f.Stable(1);
        await _f.Join(requireKnownId: true);
        var again = _f.Join(ids[0]);
        Assert.False(again.IsCompleted);
        _f.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(2, (await again).Generation);
    }

    [Fact]
    public async Task A_second_member_sends_the_first_to_join_again_and_only_the_leader_sees_the_members()
    {
        var first = (await _f.Stable(1))[0];
        var second = _f.Join();
        Assert.Equal(ErrorCode.RebalanceInProgress, _f.Group.Heartbeat(first, null, 1));
        var (one, two) = (await _f.Join(first), await second);
        Assert.Equal((2, 2, first, first), (one.Generation, two.Generation, one.Leader, two.Leader));
        Assert.Equal((2, 0), (one.Members.Count, two.Members.Count));
    }

    [Fact]
    public async Task An_empty_group_waits_for_members_that_arrive_together_and_longer_while_more_come()
    {
        var f = new GroupFixture(new GroupOptions { InitialRebalanceDelayMs = 3_000 });
        var first = f.Join();
        f.Time.Advance(TimeSpan.FromSeconds(2));
        var second = f.Join();
        f.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(first.IsCompleted || second.IsCompleted);
        f.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((1, 1), ((await first).Generation, (await second).Generation));
    }

    [Fact]
    public async Task A_member_that_does_not_come_back_is_dropped_when_the_rebalance_timeout_ends()
    {
        var ids = await _f.Stable(2);
        var third = _f.Join();
        var leader = _f.Join(ids[0]);
        for (var i = 0; i < 6; i++)
        {
            _f.Group.Heartbeat(ids[1], null, 2);
            _f.Time.Advance(TimeSpan.FromSeconds(5));
        }
        Assert.Equal([(await leader).MemberId, (await third).MemberId], _f.Group.View().Members.Select(m => m.Id));
        Assert.Equal(ErrorCode.UnknownMemberId, _f.Group.Heartbeat(ids[1], null, 3));
    }

    [Fact]
    public async Task A_member_that_is_not_heard_of_for_its_session_timeout_is_gone_and_the_others_rebalance()
    {
        var ids = await _f.Stable(2);
        _f.Time.Advance(TimeSpan.FromSeconds(6));
        _f.Group.Heartbeat(ids[0], null, 2);
        _f.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(ErrorCode.RebalanceInProgress, _f.Group.Heartbeat(ids[0], null, 2));
        Assert.Equal(3, (await _f.Join(ids[0])).Generation);
    }

    [Fact]
    public async Task The_protocol_all_know_and_most_prefer_is_chosen()
    {
        var first = (await _f.Join(protocols: ["range", "roundrobin"])).MemberId;
        var second = _f.Join(protocols: ["roundrobin", "range"]);
        var third = _f.Join(protocols: ["roundrobin"]);
        var one = await _f.Join(first, protocols: ["range", "roundrobin"]);
        Assert.Equal(("roundrobin", "roundrobin", "roundrobin"), (one.Protocol, (await second).Protocol, (await third).Protocol));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, (await _f.Join(protocols: ["sticky"])).Error);
    }

    [Fact]
    public async Task A_full_group_takes_nobody_else()
    {
        var f = new GroupFixture(new GroupOptions { InitialRebalanceDelayMs = 0, MaxSize = 1 });
        await f.Stable(1);
        Assert.Equal(ErrorCode.GroupMaxSizeReached, (await f.Join()).Error);
    }

    [Fact]
    public async Task When_the_leader_does_not_come_back_another_leads()
    {
        var ids = await _f.Stable(2);
        Assert.Equal(ErrorCode.None, _f.Group.Leave(ids[0], null));
        var joined = await _f.Join(ids[1]);
        Assert.Equal((3, ids[1], 1), (joined.Generation, joined.Leader, joined.Members.Count));
    }

    [Fact]
    public async Task The_last_member_leaves_an_empty_group_behind_in_a_new_generation()
    {
        var ids = await _f.Stable(1);
        _f.Group.Leave(ids[0], null);
        Assert.Equal((GroupPhase.Empty, 2), (_f.Group.View().Phase, _f.Group.View().Generation));
        Assert.Equal(ErrorCode.UnknownMemberId, (await _f.Join(ids[0])).Error);
    }

    [Fact]
    public async Task A_member_that_never_asks_for_its_assignment_is_dropped()
    {
        var first = (await _f.Join()).MemberId;
        var second = _f.Join();
        await _f.Join(first);
        await second;
        var sync = _f.Sync(first, 2, (first, "all"));
        Assert.Equal("all", Encoding.UTF8.GetString((await sync).Assignment));
        for (var i = 0; i < 6; i++)
        {
            _f.Group.Heartbeat(first, null, 2);
            _f.Group.Heartbeat((await second).MemberId, null, 2);
            _f.Time.Advance(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(ErrorCode.RebalanceInProgress, _f.Group.Heartbeat(first, null, 2));
        Assert.Equal(first, Assert.Single(_f.Group.View().Members).Id);
    }

    [Fact]
    public async Task An_assignment_that_could_not_be_stored_is_given_to_nobody()
    {
        var first = (await _f.Join()).MemberId;
        _f.Log.Hold = true;
        var sync = _f.Sync(first, 1, (first, "x"));
        Assert.False(sync.IsCompleted);
        _f.Log.Release(ErrorCode.NotEnoughReplicasAfterAppend);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, (await sync).Error);
        Assert.Equal(GroupPhase.PreparingRebalance, _f.Group.Phase);
    }

    [Fact]
    public async Task An_assignment_confirmed_after_the_generation_is_over_changes_nothing()
    {
        var first = (await _f.Join()).MemberId;
        _f.Log.Hold = true;
        var sync = _f.Sync(first, 1, (first, "old"));
        var second = _f.Join();
        Assert.Equal(ErrorCode.RebalanceInProgress, (await sync).Error);
        _f.Log.Release();
        Assert.Equal(GroupPhase.PreparingRebalance, _f.Group.Phase);
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task Whoever_waits_is_sent_away_when_the_coordinator_goes()
    {
        var first = (await _f.Join()).MemberId;
        var second = _f.Join();
        _f.Group.Abandon(ErrorCode.NotCoordinator);
        Assert.Equal(ErrorCode.NotCoordinator, (await second).Error);
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, _f.Group.Heartbeat(first, null, 1));
    }
}
