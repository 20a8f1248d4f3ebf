using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// What every partition of this broker shares. <see cref="MayJoinIsr"/> answers from the metadata cache: is this broker alive, and is it still the
/// incarnation that fetched (the broker epoch, -1 when the fetch did not say)? A replica of a broker that is shutting down or was restarted
/// meanwhile must not enter the ISR by an old fetch (KAFKA-14140).
/// </summary>
public sealed class ReplicationSettings
{
    /// <summary>This broker's id.</summary>
    public required int BrokerId { get; init; }

    /// <summary><c>replica.lag.time.max.ms</c>: a follower that has not been caught up for longer leaves the ISR.</summary>
    public TimeSpan ReplicaLagTimeMax { get; init; } = TimeSpan.FromMilliseconds(30_000);

    /// <summary>The rule by which a follower outside the ISR may join; always <see cref="IsrRules.MayJoin"/> but where a test takes a part of it away.</summary>
    internal Func<FollowerView, long, long, bool> JoinRule { get; init; } = static (follower, highWatermark, epochStart) => IsrRules.MayJoin(follower, highWatermark, epochStart);

    /// <summary>(broker id, broker epoch of its fetch or -1) → may it join an ISR?</summary>
    public Func<int, BrokerEpoch, bool> MayJoinIsr { get; init; } = static (_, _) => true;
}
