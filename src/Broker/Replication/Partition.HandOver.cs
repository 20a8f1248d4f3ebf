using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// A leadership its holder wants to give away: the partition, the epoch in which it holds it, and the replicas that do reach it, itself among them.
/// </summary>
public sealed record HandOverWish(TopicPartition Id, Guid TopicId, LeaderEpoch LeaderEpoch, IReadOnlyList<int> Reachable);

// Handing over: see HandOverRules. The stage ends with the next order, with a refusal, or with the end of the controller's time.
public sealed partial class Partition
{
    private HandOverStage _handOver;
    private long _yieldingSince;
    private long? _handOverRefusedAt;

    /// <summary>Raised after the lock when this leader began to yield; <see cref="HandOvers"/> listens.</summary>
    public event Action<Partition>? HandOverWanted;

    public HandOverStage HandOver { get { lock (_gate) return _handOver; } }

    /// <summary>What to ask the controller for, or null when it is over.</summary>
    public HandOverWish? CurrentWish()
    {
        lock (_gate)
        {
            if (_handOver != HandOverStage.Yielding || _leader is not { } leader) return null;
            int[] reachable = [.. leader.Replicas.Except(leader.FallenOut(_log.LogEndOffset))];
            return new HandOverWish(Id, TopicId, leader.Epoch, reachable);
        }
    }

    /// <summary>Has this leader waited for another one longer than it should?</summary>
    public bool HandOverIsOverdue(HandOverWish wish)
    {
        lock (_gate) return _leader?.Epoch != wish.LeaderEpoch || _time.GetElapsedTime(_yieldingSince) > HandOverRules.Patience;
    }

    /// <summary>The controller refused or did not answer: lead on, with the shrink that was put off.</summary>
    public void HandOverRefused(HandOverWish wish)
    {
        Aftermath after;
        lock (_gate)
        {
            if (_handOver != HandOverStage.Yielding || _leader is not { } leader || leader.Epoch != wish.LeaderEpoch) return;
            _handOver = HandOverStage.Refused;
            _handOverRefusedAt = _time.GetTimestamp();
            after = Advance(logEndMoved: false) with { IsrProposed = LeaderRefusal() == ErrorCode.None && leader.ProposeShrink(_log.LogEndOffset) };
        }
        Run(after);
    }

    /// <summary>Instead of a shrink below the minimum: begins to yield. From here on nothing is acknowledged.</summary>
    private bool TryYield(LeaderState leader)
    {
        var sinceRefused = _handOverRefusedAt is { } at ? _time.GetElapsedTime(at) : (TimeSpan?)null;
        if (leader.Isr.InFlight || leader.Superseded || !HandOverRules.MayAsk(_handOver, sinceRefused)) return false;
        var gone = leader.FallenOut(_log.LogEndOffset);
        var minIsr = CommitRule.EffectiveMinIsr(_log.Options.MinInsyncReplicas, leader.Replicas.Count);
        if (!HandOverRules.ShouldYield(leader.Isr.Committed, gone, _settings.BrokerId, minIsr, leader.IsAlive)) return false;
        (_handOver, _yieldingSince) = (HandOverStage.Yielding, _time.GetTimestamp());
        _logger.LogWarning(
            "{Partition}: [{Gone}] of the ISR [{Isr}] no longer reach this leader but are alive; it acknowledges nothing more and asks the controller for another leader",
            Id, string.Join(",", gone), string.Join(",", leader.Isr.Committed));
        return true;
    }
}
