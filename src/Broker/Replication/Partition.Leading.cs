using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

// Leading: append, wait for commit, keep the ISR.
public sealed partial class Partition
{
    /// <summary>
    /// Appends as leader. With <paramref name="allInSync"/> (acks=all) the committed ISR must be large enough beforehand. Throws
    /// <see cref="LogAppendException"/> for records that may not be stored.
    /// </summary>
    public AppendOutcome AppendAsLeader(Memory<byte> records, in AppendRules rules, bool allInSync)
    {
        Aftermath after;
        AppendOutcome outcome;
        lock (_gate)
        {
            if (LeaderRefusal() is var refusal && refusal != ErrorCode.None) return new AppendOutcome(refusal);
            if (_handOver == HandOverStage.Yielding) return new AppendOutcome(ErrorCode.NotLeaderOrFollower);
            if (allInSync && IsUnderMinIsr(_leader!)) return new AppendOutcome(ErrorCode.NotEnoughReplicas);
            var append = _log.AppendAsLeader(records, _leader!.Epoch.Value, rules);
            outcome = new AppendOutcome(ErrorCode.None, append, _tenure);
            after = Advance(logEndMoved: true);
        }
        Run(after);
        return outcome;
    }

    /// <summary>
    /// Ends a producer's transaction in this partition. To be called by the transaction coordinator; the answer is committed when
    /// <see cref="WaitForCommitAsync"/> says so. Throws <see cref="LogAppendException"/> for a zombie producer (INVALID_PRODUCER_EPOCH) or an old coordinator
    /// (TRANSACTION_COORDINATOR_FENCED).
    /// </summary>
    public AppendOutcome AppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch)
    {
        var marker = new TransactionMarker(commit, coordinatorEpoch, _time.GetUtcNow().ToUnixTimeMilliseconds());
        return AppendAsLeader(marker.Build(producerId, producerEpoch), AppendRules.FromCoordinator, allInSync: true);
    }

    /// <summary>Waits until the appended records are committed: the rest of an acks=all produce.</summary>
    public async ValueTask<ErrorCode> WaitForCommitAsync(AppendOutcome appended, TimeSpan timeout)
    {
        CommitWait wait;
        lock (_gate)
        {
            if (_leader is null || _tenure != appended.Tenure) return ErrorCode.NotLeaderOrFollower;
            var required = appended.Append.LastOffset + 1;
            if (_highWatermark.Value >= required) return CommitResult(_leader);
            wait = new CommitWait(required);
            if (timeout <= TimeSpan.Zero || !_highWatermark.TryAdd(wait)) return ErrorCode.RequestTimedOut;
        }
        await using var timer = _time.CreateTimer(_ => TimeOut(wait), null, timeout, Timeout.InfiniteTimeSpan);
        return await wait.Result;
    }

    /// <summary>
    /// Asked once more before an answer leaves: is this replica the leader it was at the append, and its registration alive? A process that was stopped in between
    /// finds out here.
    /// </summary>
    public bool StillLeads(AppendOutcome appended)
    {
        lock (_gate) return _tenure == appended.Tenure && _handOver != HandOverStage.Yielding && LeaderRefusal() == ErrorCode.None;
    }

    private void TimeOut(CommitWait wait)
    {
        lock (_gate) _highWatermark.Remove(wait);
        wait.Complete(ErrorCode.RequestTimedOut);
    }

    /// <summary>Shrinks the ISR when a member has been behind for too long; called by <see cref="IsrShrinkLoop"/>.</summary>
    public void CheckIsr()
    {
        Aftermath after;
        lock (_gate)
        {
            if (_leader is null || LeaderRefusal() != ErrorCode.None) return;
            if (_handOver == HandOverStage.Yielding) return;
            var yields = TryYield(_leader);
            var proposed = !yields && _leader.ProposeShrink(_log.LogEndOffset);
            // Time alone can free the watermark: a replica that was about to join and went silent is not waited for any longer.
            // A proposal still in flight is queued again: it may have been passed over while this broker was out of touch with ZooKeeper.
            after = Advance(logEndMoved: false) with { IsrProposed = proposed || _leader.Isr.InFlight, Yields = yields };
        }
        Run(after);
    }

    /// <summary>The ISR to write now, or null; taken by <see cref="IsrUpdates"/>.</summary>
    public IsrProposal? CurrentProposal()
    {
        lock (_gate)
        {
            if (_leader is not { Superseded: false, Isr.Proposed: { } isr } leader || LeaderRefusal() != ErrorCode.None) return null;
            var state = new PartitionState(_settings.BrokerId, leader.Epoch, leader.ControllerEpoch, isr);
            return new IsrProposal(state, leader.Isr.ZkVersion);
        }
    }

    /// <summary>
    /// ZooKeeper holds <paramref name="current"/>, whether by our write or by another's. Equal to what we asked for: it landed. A newer leader epoch: we
    /// are deposed, and step back until the order comes. Anything else: take it as the truth and judge again. There is no fourth case in which an
    /// old version is kept and tried for ever.
    /// </summary>
    public void SettleIsr(IsrProposal proposal, VersionedPartitionState current)
    {
        Aftermath after;
        lock (_gate)
        {
            if (_leader is not { } leader || leader.Epoch != proposal.Wanted.LeaderEpoch) return;
            if (current.State.LeaderEpoch > leader.Epoch || current.State.Leader != _settings.BrokerId)
            {
                leader.Superseded = true;
                after = RefuseEveryone();
            }
            else
            {
                leader.Isr.Adopt(current.State.Isr, current.ZkVersion);
                after = Advance(logEndMoved: false) with { IsrProposed = ProposeNext(leader) };
            }
        }
        Run(after);
    }

    private bool ProposeNext(LeaderState leader)
    {
        if (_handOver == HandOverStage.Yielding) return false;
        if (leader.ProposeShrink(_log.LogEndOffset)) return true;
        foreach (var follower in leader.Followers)
        {
            var caughtUp = follower.LogEndOffset >= 0 && IsrRules.IsAboutToJoin(leader.View(follower), _settings.ReplicaLagTimeMax);
            if (caughtUp && leader.ProposeJoin(follower.BrokerId, _highWatermark.Value)) return true;
        }
        return false;
    }

    /// <summary>NONE when this replica may act as leader now.</summary>
    private ErrorCode LeaderRefusal() =>
        !_stopped && _leader is { Superseded: false } leader && _fence.MayLead(leader.BrokerEpoch) ? ErrorCode.None : ErrorCode.NotLeaderOrFollower;

    private bool IsUnderMinIsr(LeaderState leader) =>
        leader.Isr.Committed.Count < CommitRule.EffectiveMinIsr(_log.Options.MinInsyncReplicas, leader.Replicas.Count);

    private ErrorCode CommitResult(LeaderState leader) =>
        IsUnderMinIsr(leader) ? ErrorCode.NotEnoughReplicasAfterAppend : ErrorCode.None;

    /// <summary>After anything that may move the watermark: move it, and collect who is to be told.</summary>
    private Aftermath Advance(bool logEndMoved)
    {
        if (_leader is not { } leader) return default;
        var moved = _highWatermark.AdvanceTo(leader.Committed(_highWatermark.Value, _log.LogEndOffset, _log.Options.MinInsyncReplicas));
        if (moved) _log.NoteHighWatermark(_highWatermark.Value);
        if (LeaderRefusal() != ErrorCode.None) return RefuseEveryone();
        return new Aftermath(moved ? _highWatermark.TakeReached() : null, CommitResult(leader), _subscribers.Affected(logEndMoved, moved));
    }
}
