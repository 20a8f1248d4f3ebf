using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

/// <summary>
/// One consumer group: its members, its generation, its committed offsets. Joining opens a barrier that closes when everybody is there or the rebalance timeout
/// has passed (<c>Group.Rebalance.cs</c>); the leader then hands in the assignment (<c>Group.Syncing.cs</c>); offsets stand beside (<c>Group.Offsets.cs</c>).
/// What it holds follows from the records of one partition of <c>__consumer_offsets</c>, and only what was committed there is shown.
/// </summary>
/// <remarks>
/// Owner: <c>_gate</c>, which callers never hold; calls that wait are completed asynchronously, so nothing foreign runs under it. Lock order: group, then
/// partition. Timers of <see cref="TimeProvider"/> come back through the gate and look again before they act.
/// Source: core/…/kafka/coordinator/group/GroupCoordinator.scala, GroupMetadata.scala.
/// </remarks>
internal sealed partial class Group : IDisposable
{
    private readonly Lock _gate = new();
    private readonly GroupOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<Guid> _newId;
    private readonly IGroupLog _log;
    // In the order they joined: the first one left becomes leader when the leader goes.
    private readonly List<Member> _members = [];
    private readonly Dictionary<string, ITimer> _pending = new(StringComparer.Ordinal);   // ids given out, not joined yet
    private readonly HashSet<string> _mustSync = new(StringComparer.Ordinal);
    private string? _protocolType, _protocol, _leader;
    private long _changedAtMs = -1;
    private int _generation;

    public Group(string id, GroupOptions options, IGroupLog log, TimeProvider time, Func<Guid> newId)
    {
        (Id, _options, _log, _time, _newId) = (id, options, log, time, newId);
        _rebalance = time.CreateTimer(_ => OnRebalanceTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    public GroupPhase Phase { get; private set; } = GroupPhase.Empty;

    private bool HasMembers => _members.Count > 0;

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Takes a stored generation over: with members the group is stable, and each has a whole session timeout to be heard of.</summary>
    public void Restore(GroupMetadataValue stored)
    {
        lock (_gate)
        {
            (_generation, _protocolType, _protocol, _leader, _changedAtMs) = (stored.Generation, NullIfEmpty(stored.ProtocolType), stored.Protocol, stored.Leader, stored.CurrentStateTimestamp);
            foreach (var one in stored.Members)
            {
                var member = new Member(one.MemberId, one.GroupInstanceId, one.ClientId, one.ClientHost)
                {
                    SessionTimeoutMs = one.SessionTimeout,
                    RebalanceTimeoutMs = one.RebalanceTimeout == 0 ? one.SessionTimeout : one.RebalanceTimeout,
                    Protocols = [new MemberProtocol(stored.Protocol ?? "", one.Subscription)],
                    Assignment = one.Assignment,
                };
                _members.Add(member);
                Heard(member);
            }
            Phase = HasMembers ? GroupPhase.Stable : GroupPhase.Empty;
        }
    }

    public GroupView View()
    {
        lock (_gate)
        {
            var stable = Phase == GroupPhase.Stable;
            return new GroupView(Id, Phase, _protocolType ?? "", stable ? _protocol ?? "" : "", _generation,
                [.. _members.Select(m => new MemberView(m.Id, m.InstanceId, m.ClientId, m.ClientHost,
                    stable ? m.MetadataFor(_protocol) : [], stable ? m.Assignment : []))]);
        }
    }

    /// <summary>The coordinator goes: whoever waits is sent to look for the next one.</summary>
    public void Abandon(ErrorCode error)
    {
        lock (_gate)
        {
            foreach (var member in _members)
            {
                member.AnswerJoin(new JoinResult(error, member.Id));
                member.AnswerSync(SyncResult.Failed(error));
            }
            Bury();
        }
    }

    public void Dispose() => Abandon(ErrorCode.NotCoordinator);

    private void Bury()
    {
        MoveTo(GroupPhase.Dead);
        _rebalance.Dispose();
        foreach (var timer in _pending.Values) timer.Dispose();
        _pending.Clear();
        foreach (var member in _members) member.Dispose();
        _members.Clear();
    }

    private void MoveTo(GroupPhase next)
    {
        if (!next.MayFollow(Phase)) throw new InvalidOperationException($"Group {Id} cannot go from {Phase} to {next}.");
        Phase = next;
        _changedAtMs = NowMs;
    }

    private Member? Find(string memberId) => _members.Find(m => m.Id == memberId);

    private Member? FindInstance(string? instanceId) => instanceId is null ? null : _members.Find(m => m.InstanceId == instanceId);

    /// <summary>Is this who it says it is? A static name that belongs to a newer start fences the older one.</summary>
    private ErrorCode Identify(string memberId, string? instanceId, out Member? member)
    {
        member = Find(memberId);
        if (instanceId is not null)
        {
            if (FindInstance(instanceId) is not { } current) return ErrorCode.UnknownMemberId;
            if (current.Id != memberId) return ErrorCode.FencedInstanceId;
        }
        return member is null ? ErrorCode.UnknownMemberId : ErrorCode.None;
    }

    /// <summary>Begins the member's session timeout anew.</summary>
    private void Heard(Member member) => Arm(member, member.SessionTimeoutMs);

    private void Arm(Member member, int timeoutMs)
    {
        var due = TimeSpan.FromMilliseconds(timeoutMs);
        if (member.Session is { } timer) timer.Change(due, Timeout.InfiniteTimeSpan);
        else member.Session = _time.CreateTimer(_ => OnSessionTimer(member), null, due, Timeout.InfiniteTimeSpan);
    }

    private void OnSessionTimer(Member member)
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead || !_members.Contains(member)) return;
            // Who waits in a call of ours is alive without heartbeats; only a newcomer may have given up and come back under another id.
            if (!member.IsNew && (member.Joining ?? (object?)member.Syncing) is not null) Heard(member);
            else Drop(member);
        }
    }

    /// <summary>Takes a member out; what the others must do about it follows.</summary>
    private void Drop(Member member)
    {
        member.AnswerJoin(new JoinResult(ErrorCode.UnknownMemberId, ""));
        member.AnswerSync(SyncResult.Failed(ErrorCode.UnknownMemberId));
        Remove(member);
        if (Phase is GroupPhase.Stable or GroupPhase.CompletingRebalance) PrepareRebalance();
        else CompleteJoinIfAllThere();
    }

    private void Remove(Member member)
    {
        member.Dispose();
        _members.Remove(member);
        _mustSync.Remove(member.Id);
        if (_leader == member.Id) _leader = _members is [var first, ..] ? first.Id : null;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
