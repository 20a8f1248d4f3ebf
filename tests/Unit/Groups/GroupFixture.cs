using System.Text;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Groups;

/// <summary>One group, a clock that is moved by hand, and members that say what they need to say.</summary>
internal sealed class GroupFixture
{
    private int _ids;

    public GroupFixture(GroupOptions? options = null) =>
        Group = new Group("g", options ?? new GroupOptions { InitialRebalanceDelayMs = 0 }, Log, Time, () => new Guid(++_ids, 0, 0, new byte[8]));

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    public ScriptedGroupLog Log { get; } = new();

    public Group Group { get; }

    public Task<JoinResult> Join(string memberId = "", string? instance = null, bool requireKnownId = false, bool maySkip = false, params string[] protocols) =>
        Group.JoinAsync(new JoinCall(memberId, instance, "client", "/127.0.0.1", 10_000, 30_000, "consumer",
            [.. (protocols.Length == 0 ? ["range"] : protocols).Select(p => new MemberProtocol(p, Encoding.UTF8.GetBytes(p)))], requireKnownId, maySkip));

    public Task<SyncResult> Sync(string memberId, int generation, params (string Member, string Assignment)[] assignments) =>
        Group.SyncAsync(new SyncCall(memberId, null, generation, "consumer", null, assignments.ToDictionary(a => a.Member, a => Encoding.UTF8.GetBytes(a.Assignment))));

    public Task<ErrorCode> Commit(string memberId, int generation, long offset, int partition = 0) => Group.CommitAsync(
        new CommitterIdentity(memberId, null, generation),
        new Dictionary<TopicPartition, CommittedOffset> { [new("t", partition)] = new(offset, -1, "", Time.GetUtcNow().ToUnixTimeMilliseconds()) });

    public long? Committed(int partition = 0) => Group.Offsets([new TopicPartition("t", partition)])[new TopicPartition("t", partition)]?.Offset;

    /// <summary>A stable group of so many members, the leader first; each has its own id as assignment.</summary>
    public async Task<string[]> Stable(int members)
    {
        var joins = new List<Task<JoinResult>> { Join() };
        var leader = (await joins[0]).MemberId;
        for (var i = 1; i < members; i++) joins.Add(Join());
        if (members > 1) joins[0] = Join(leader);
        var joined = await Task.WhenAll(joins);
        var generation = joined[0].Generation;
        var syncs = joined.Skip(1).Select(j => Sync(j.MemberId, generation)).ToList();
        await Sync(leader, generation, [.. joined.Select(j => (j.MemberId, j.MemberId))]);
        await Task.WhenAll(syncs);
        return [.. joined.Select(j => j.MemberId)];
    }
}
