using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// What a replica knows only while it leads: its epoch and where that epoch began in the log, the ISR, and how far each follower is.
/// Made anew for every leader epoch, so nothing of an earlier leadership can leak into this one.
/// </summary>
/// <remarks>Owner: the partition's lock.</remarks>
internal sealed class LeaderState
{
    private readonly Dictionary<int, FollowerProgress> _followers;
    private readonly ReplicationSettings _settings;
    private readonly TimeProvider _time;

    public LeaderState(PartitionOrder order, long epochStart, BrokerEpoch brokerEpoch, ReplicationSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        Epoch = new LeaderEpoch(order.LeaderEpoch);
        ControllerEpoch = new ControllerEpoch(order.ControllerEpoch);
        Replicas = order.Replicas;
        EpochStart = epochStart;
        BrokerEpoch = brokerEpoch;
        Isr = new IsrState(order.Isr, new ZkVersion(order.ZkVersion));
        var now = time.GetTimestamp();
        _followers = order.Replicas
            .Where(id => id != settings.BrokerId)
            .ToDictionary(id => id, id => new FollowerProgress(id, order.Isr.Contains(id), now));
    }

    public LeaderEpoch Epoch { get; }

    public ControllerEpoch ControllerEpoch { get; }

    public IReadOnlyList<int> Replicas { get; }

    /// <summary>Our log end when this epoch began. Records below it were written under earlier leaders.</summary>
    public long EpochStart { get; }

    /// <summary>The registration of this broker the order was given to; see <see cref="ILeadershipFence"/>.</summary>
    public BrokerEpoch BrokerEpoch { get; set; }

    public IsrState Isr { get; }

    /// <summary>ZooKeeper showed a newer leader epoch: somebody else was elected and the order is on its way. Nothing is served until it comes.</summary>
    public bool Superseded { get; set; }

    public IEnumerable<FollowerProgress> Followers => _followers.Values;

    /// <summary>Is the broker alive, whichever incarnation of it?</summary>
    public bool IsAlive(int brokerId) => _settings.MayJoinIsr(brokerId, BrokerEpoch.None);

    public FollowerProgress? Follower(int brokerId) => _followers.GetValueOrDefault(brokerId);

    /// <summary>The follower as <see cref="IsrRules"/> sees it now.</summary>
    public FollowerView View(FollowerProgress follower) => new(
        follower.BrokerId,
        follower.LogEndOffset,
        follower.LastCaughtUpAt is { } at ? _time.GetElapsedTime(at) : null,
        _settings.MayJoinIsr(follower.BrokerId, follower.BrokerEpoch));

    /// <summary>The high watermark as <see cref="CommitRule"/> gives it.</summary>
    public long Committed(long current, long leaderEnd, int minInsyncReplicas)
    {
        Span<long> ends = stackalloc long[_followers.Count];
        var count = 0;
        foreach (var follower in _followers.Values)
        {
            if (Isr.MaximalContains(follower.BrokerId) || IsrRules.IsAboutToJoin(View(follower), _settings.ReplicaLagTimeMax))
                ends[count++] = follower.LogEndOffset;
        }
        var min = CommitRule.EffectiveMinIsr(minInsyncReplicas, Replicas.Count);
        return CommitRule.Advance(current, leaderEnd, ends[..count], Isr.Committed.Count, min);
    }

    /// <summary>Proposes the ISR with <paramref name="brokerId"/> in it, when it may join; true when there is something to write.</summary>
    public bool ProposeJoin(int brokerId, long highWatermark)
    {
        if (Isr.InFlight || Superseded || Isr.Contains(brokerId) || Follower(brokerId) is not { } follower) return false;
        if (!_settings.JoinRule(View(follower), highWatermark, EpochStart)) return false;
        Isr.Propose([.. Isr.Committed, brokerId]);
        return true;
    }

    /// <summary>Members that have been behind for too long.</summary>
    public int[] FallenOut(long leaderEnd) =>
        IsrRules.FallenOut(Isr.Committed, _settings.BrokerId, leaderEnd, _followers.Values.Select(View), _settings.ReplicaLagTimeMax);

    /// <summary>Proposes the ISR without those that fell behind; true when there is something to write.</summary>
    public bool ProposeShrink(long leaderEnd)
    {
        if (Isr.InFlight || Superseded) return false;
        var gone = FallenOut(leaderEnd);
        if (gone.Length == 0) return false;
        Isr.Propose([.. Isr.Committed.Except(gone)]);
        return true;
    }
}
