using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

// The join barrier: opened by a change, closed when all are there or time is up; then a new generation.
internal sealed partial class Group
{
    private readonly ITimer _rebalance;
    private TimeSpan _initialWaitLeft;
    private bool _initialWait, _newcomerWhileWaiting;

    private TimeSpan RebalanceTimeout => TimeSpan.FromMilliseconds(HasMembers ? _members.Max(m => m.RebalanceTimeoutMs) : 0);

    private void PrepareRebalance()
    {
        // Assignments of the generation that never came to be.
        if (Phase == GroupPhase.CompletingRebalance) RefuseSyncs(ErrorCode.RebalanceInProgress);
        _mustSync.Clear();
        var first = Phase == GroupPhase.Empty;
        MoveTo(GroupPhase.PreparingRebalance);
        if (first) BeginInitialWait();
        else
        {
            SetRebalanceTimer(RebalanceTimeout);
            CompleteJoinIfAllThere();
        }
    }

    // An empty group waits a little for the first members to arrive together, or each would cause a rebalance of its own.
    private void BeginInitialWait()
    {
        var delay = TimeSpan.FromMilliseconds(_options.InitialRebalanceDelayMs);
        _initialWait = true;
        _newcomerWhileWaiting = false;
        _initialWaitLeft = RebalanceTimeout > delay ? RebalanceTimeout - delay : TimeSpan.Zero;
        if (delay == TimeSpan.Zero) EndInitialWait();
        else SetRebalanceTimer(delay);
    }

    private void EndInitialWait()
    {
        if (_newcomerWhileWaiting && _initialWaitLeft > TimeSpan.Zero)
        {
            var delay = TimeSpan.FromMilliseconds(_options.InitialRebalanceDelayMs);
            var more = delay < _initialWaitLeft ? delay : _initialWaitLeft;
            _initialWaitLeft -= more;
            _newcomerWhileWaiting = false;
            SetRebalanceTimer(more);
            return;
        }
        _initialWait = false;
        CompleteJoin();
    }

    private void SetRebalanceTimer(TimeSpan due) => _rebalance.Change(due, Timeout.InfiniteTimeSpan);

    private void OnRebalanceTimer()
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.PreparingRebalance)
            {
                if (_initialWait) EndInitialWait();
                else CompleteJoin();
            }
            else if (Phase is GroupPhase.CompletingRebalance or GroupPhase.Stable && _mustSync.Count > 0) DropWhoDidNotSync();
        }
    }

    private void CompleteJoinIfAllThere()
    {
        if (Phase == GroupPhase.PreparingRebalance && !_initialWait && _pending.Count == 0 && _members.TrueForAll(m => m.Joining is not null)) CompleteJoin();
    }

    private void CompleteJoin()
    {
        // Static members that did not come keep their place until their session ends; the others are gone.
        foreach (var missing in _members.Where(m => m.Joining is null && m.InstanceId is null).ToList()) Remove(missing);
        if (HasMembers && !ElectLeaderWhoJoined())
        {
            SetRebalanceTimer(RebalanceTimeout);
            return;
        }
        BeginGeneration();
    }

    private bool ElectLeaderWhoJoined()
    {
        if (_leader is not null && Find(_leader)?.Joining is not null) return true;
        if (_members.Find(m => m.Joining is not null) is not { } joined) return false;
        _leader = joined.Id;
        return true;
    }

    private void BeginGeneration()
    {
        _generation++;
        _mustSync.Clear();
        if (!HasMembers)
        {
            (_protocol, _leader) = (null, null);
            MoveTo(GroupPhase.Empty);
            SetRebalanceTimer(Timeout.InfiniteTimeSpan);
            // Not waited for: an older record of the group, should this one be lost, names members that will time out.
            _log.Append([Record()]);
            return;
        }
        _protocol = ChosenProtocol();
        MoveTo(GroupPhase.CompletingRebalance);
        foreach (var member in _members)
        {
            _mustSync.Add(member.Id);
            member.AnswerJoin(Generation(member, withMembers: member.Id == _leader));
            member.IsNew = false;
            Heard(member);
        }
        SetRebalanceTimer(RebalanceTimeout);
    }

    private void DropWhoDidNotSync()
    {
        foreach (var silent in _members.Where(m => _mustSync.Contains(m.Id)).ToList()) Remove(silent);
        PrepareRebalance();
    }

    /// <summary>Of the protocols all members know, the one most of them prefer; of equals, the one preferred by the earliest member.</summary>
    private string? ChosenProtocol()
    {
        var common = _members[0].Protocols.Select(p => p.Name).Where(name => _members.TrueForAll(m => m.Protocols.Any(p => p.Name == name))).ToHashSet();
        return _members
            .Select(m => m.Protocols.Select(p => p.Name).FirstOrDefault(common.Contains))
            .GroupBy(name => name, StringComparer.Ordinal)
            .MaxBy(votes => votes.Count())?.Key;
    }

    private void RefuseSyncs(ErrorCode error)
    {
        foreach (var member in _members)
        {
            member.Assignment = [];
            member.AnswerSync(SyncResult.Failed(error));
        }
    }

    private GroupRecord Record() => GroupRecord.Generation(Id, new GroupMetadataValue
    {
        ProtocolType = _protocolType ?? "",
        Generation = _generation,
        Protocol = _protocol,
        Leader = _leader,
        CurrentStateTimestamp = _changedAtMs,
        Members = [.. _members.Select(m => new GroupMetadataValue.MemberMetadata
        {
            MemberId = m.Id,
            GroupInstanceId = m.InstanceId,
            ClientId = m.ClientId,
            ClientHost = m.ClientHost,
            RebalanceTimeout = m.RebalanceTimeoutMs,
            SessionTimeout = m.SessionTimeoutMs,
            Subscription = m.MetadataFor(_protocol),
            Assignment = m.Assignment,
        })],
    });
}
