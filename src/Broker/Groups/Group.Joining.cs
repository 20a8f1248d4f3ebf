using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

// Joining: who may come in, and whether the others must come again.
internal sealed partial class Group
{
    /// <summary>Enters the group, or confirms membership; waits for the generation to begin where a rebalance is needed.</summary>
    public Task<JoinResult> JoinAsync(JoinCall call)
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return Answer(ErrorCode.CoordinatorNotAvailable, call.MemberId);
            if (!HasRoomFor(call.MemberId)) return Answer(ErrorCode.GroupMaxSizeReached, call.MemberId);
            if (!Supports(call)) return Answer(ErrorCode.InconsistentGroupProtocol, call.MemberId);
            return call.MemberId.Length == 0 ? Newcomer(call) : Known(call);
        }
    }

    private static Task<JoinResult> Answer(ErrorCode error, string memberId) => Task.FromResult(new JoinResult(error, memberId));

    private bool HasRoomFor(string memberId) => Phase switch
    {
        GroupPhase.Empty => true,
        GroupPhase.PreparingRebalance => Find(memberId)?.Joining is not null || _members.Count(m => m.Joining is not null) < _options.MaxSize,
        _ => Find(memberId) is not null || _members.Count < _options.MaxSize,
    };

    /// <summary>Every member must know one protocol that all the others know too, or nobody could assign.</summary>
    private bool Supports(JoinCall call)
    {
        if (call.ProtocolType.Length == 0 || call.Protocols.Count == 0) return false;
        if (!HasMembers) return true;
        return call.ProtocolType == _protocolType && call.Protocols.Any(p => _members.TrueForAll(m => m.Protocols.Any(known => known.Name == p.Name)));
    }

    private Task<JoinResult> Newcomer(JoinCall call)
    {
        if (call.InstanceId is { } instance)
        {
            var staticId = $"{instance}-{_newId()}";
            return FindInstance(instance) is { } before ? Replace(before, staticId, call) : Add(staticId, call);
        }
        var id = $"{call.ClientId}-{_newId()}";
        if (!call.RequireKnownId) return Add(id, call);
        // The id is held for one session timeout: a rebalance waits so long for its owner to come with it.
        _pending[id] = _time.CreateTimer(_ => OnPendingTimer(id), null, TimeSpan.FromMilliseconds(call.SessionTimeoutMs), Timeout.InfiniteTimeSpan);
        return Answer(ErrorCode.MemberIdRequired, id);
    }

    private Task<JoinResult> Known(JoinCall call)
    {
        if (call.InstanceId is null && _pending.Remove(call.MemberId, out var timer))
        {
            timer.Dispose();
            return Add(call.MemberId, call);
        }
        if (Identify(call.MemberId, call.InstanceId, out var member) is var error && error != ErrorCode.None) return Answer(error, call.MemberId);
        return Phase switch
        {
            GroupPhase.PreparingRebalance => Again(member!, call),
            GroupPhase.CompletingRebalance when member!.Matches(call.Protocols) => Task.FromResult(Generation(member, withMembers: member.Id == _leader)),
            GroupPhase.Stable when member!.Id != _leader && member.Matches(call.Protocols) => Confirmed(member),
            GroupPhase.CompletingRebalance or GroupPhase.Stable => Again(member!, call),
            _ => Answer(ErrorCode.UnknownMemberId, call.MemberId),
        };
    }

    // A follower that joins with nothing changed missed our last answer; the leader would have a reason, such as new partitions.
    private Task<JoinResult> Confirmed(Member member)
    {
        Heard(member);
        return Task.FromResult(Generation(member, withMembers: false));
    }

    private Task<JoinResult> Add(string id, JoinCall call)
    {
        var member = new Member(id, call.InstanceId, call.ClientId, call.ClientHost) { IsNew = true };
        if (!HasMembers) _protocolType = call.ProtocolType;
        _leader ??= id;
        _members.Add(member);
        Take(member, call);
        if (Phase == GroupPhase.PreparingRebalance && _generation == 0) _newcomerWhileWaiting = true;
        Arm(member, _options.NewMemberTimeoutMs);
        return Wait(member);
    }

    private Task<JoinResult> Again(Member member, JoinCall call)
    {
        Take(member, call);
        member.AnswerJoin(new JoinResult(ErrorCode.UnknownMemberId, member.Id));   // an older call of the same member, which nobody reads any more
        return Wait(member);
    }

    private Task<JoinResult> Wait(Member member)
    {
        var joining = new TaskCompletionSource<JoinResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        member.Joining = joining;
        if (Phase is GroupPhase.Empty or GroupPhase.Stable or GroupPhase.CompletingRebalance) PrepareRebalance();
        else CompleteJoinIfAllThere();
        return joining.Task;
    }

    private static void Take(Member member, JoinCall call)
    {
        (member.ClientId, member.ClientHost) = (call.ClientId, call.ClientHost);
        (member.SessionTimeoutMs, member.RebalanceTimeoutMs) = (call.SessionTimeoutMs, call.RebalanceTimeoutMs);
        member.Protocols = call.Protocols;
    }

    /// <summary>A static member started again: it takes its former place under a new id, and the former life is fenced.</summary>
    private Task<JoinResult> Replace(Member member, string newId, JoinCall call)
    {
        var (oldId, leaderBefore) = (member.Id, _leader);
        member.AnswerJoin(new JoinResult(ErrorCode.FencedInstanceId, oldId));
        member.AnswerSync(SyncResult.Failed(ErrorCode.FencedInstanceId));
        member.Id = newId;
        if (_leader == oldId) _leader = newId;
        if (_mustSync.Remove(oldId)) _mustSync.Add(newId);
        Take(member, call);
        Heard(member);
        if (Phase != GroupPhase.Stable || ChosenProtocol() != _protocol) return Wait(member);
        return PersistReplacementAsync(member, leaderBefore, call.SupportsSkippingAssignment);
    }

    // The new id must outlive this coordinator, or its heartbeats would be refused by the next one.
    private async Task<JoinResult> PersistReplacementAsync(Member member, string? leaderBefore, bool maySkip)
    {
        var (newId, generation) = (member.Id, _generation);
        var appended = _log.Append([Record()]);
        var error = await _log.CommittedAsync(appended);
        lock (_gate)
        {
            if (error != ErrorCode.None) return new JoinResult(StoreError(error), newId);
            if (member.Id != newId) return new JoinResult(ErrorCode.FencedInstanceId, newId);
            if (Phase != GroupPhase.Stable || _generation != generation) return new JoinResult(ErrorCode.UnknownMemberId, newId);
            var leads = member.Id == _leader;
            // An older client that is told it leads would assign anew; one that sees its former id as leader follows.
            return maySkip
                ? Generation(member, withMembers: leads) with { SkipAssignment = leads }
                : Generation(member, withMembers: false) with { Leader = leaderBefore ?? "" };
        }
    }

    private void OnPendingTimer(string id)
    {
        lock (_gate)
        {
            if (!_pending.Remove(id, out var timer)) return;
            timer.Dispose();
            CompleteJoinIfAllThere();
        }
    }

    private JoinResult Generation(Member member, bool withMembers) => new(ErrorCode.None, member.Id)
    {
        Generation = _generation,
        ProtocolType = _protocolType,
        Protocol = _protocol,
        Leader = _leader ?? "",
        Members = withMembers ? [.. _members.Select(m => new JoinedMember(m.Id, m.InstanceId, m.MetadataFor(_protocol)))] : [],
    };
}
