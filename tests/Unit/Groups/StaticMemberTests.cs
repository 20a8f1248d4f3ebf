using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Groups;

/// <summary>Members with a name that survives their restarts (KIP-345).</summary>
public class StaticMemberTests
{
    private readonly GroupFixture _f = new();

    private async Task<string> StableStatic()
    {
        var joined = await _f.Join(instance: "i1");
        await _f.Group.SyncAsync(new SyncCall(joined.MemberId, "i1", 1, null, null, new Dictionary<string, byte[]> { [joined.MemberId] = [7] }));
        return joined.MemberId;
    }

    [Fact]
    public async Task A_restart_keeps_generation_and_assignment_and_fences_the_former_life()
    {
        var before = await StableStatic();
        var again = await _f.Join(instance: "i1", maySkip: true);
        Assert.Equal((ErrorCode.None, 1, true, again.MemberId), (again.Error, again.Generation, again.SkipAssignment, again.Leader));
        Assert.NotEqual(before, again.MemberId);
        Assert.Equal(ErrorCode.FencedInstanceId, _f.Group.Heartbeat(before, "i1", 1));
        Assert.Equal(ErrorCode.FencedInstanceId, (await _f.Join(before, "i1")).Error);
        Assert.Equal([7], _f.Group.View().Members[0].Assignment);
    }

    [Fact]
    public async Task An_older_client_is_told_its_former_id_leads_so_that_it_assigns_nothing()
    {
        var before = await StableStatic();
        var again = await _f.Join(instance: "i1");
        Assert.Equal((before, 0, false), (again.Leader, again.Members.Count, again.SkipAssignment));
    }

    [Fact]
    public async Task A_restart_is_stored_before_it_is_confirmed()
    {
        await StableStatic();
        _f.Log.Hold = true;
        var again = _f.Join(instance: "i1");
        Assert.False(again.IsCompleted);
        _f.Log.Release();
        Assert.Equal(ErrorCode.None, (await again).Error);
    }

    [Fact]
    public async Task A_restart_with_another_protocol_rebalances()
    {
        await StableStatic();
        Assert.Equal((2, "sticky"), await Generation(_f.Join(instance: "i1", protocols: ["sticky", "range"])));
    }

    [Fact]
    public async Task An_administrator_removes_by_the_name_alone()
    {
        await StableStatic();
        Assert.Equal(ErrorCode.UnknownMemberId, _f.Group.Leave("", "i9"));
        Assert.Equal(ErrorCode.FencedInstanceId, _f.Group.Leave("stranger", "i1"));
        Assert.Equal(ErrorCode.None, _f.Group.Leave("", "i1"));
        Assert.Equal(GroupPhase.Empty, _f.Group.Phase);
    }

    private static async Task<(int, string?)> Generation(Task<JoinResult> join) => ((await join).Generation, (await join).Protocol);
}
