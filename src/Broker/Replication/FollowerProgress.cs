using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// What the leader knows of one follower: how far its log reaches and when it last held everything the leader had.
/// A follower's fetch offset <b>is</b> its log end offset: it asks for the first offset it lacks.
/// "Caught up" is judged against the leader's log end at the moment of the <i>previous</i> fetch as well, because under load the
/// leader has always appended something since the follower asked (Kafka: <c>Replica.updateFetchState</c>, KIP-16).
/// </summary>
/// <remarks>Owner: the partition's lock. Times are monotonic timestamps of the partition's <see cref="TimeProvider"/>.</remarks>
public sealed class FollowerProgress
{
    /// <summary>No fetch seen yet since this leader's epoch began.</summary>
    public const long Unknown = -1;

    private long _leaderEndAtLastFetch;
    private long _lastFetchAt;
    private bool _everFetched;

    public FollowerProgress(int brokerId, bool inIsr, long now)
    {
        BrokerId = brokerId;
        // A member of the ISR is taken on trust for one lag period; everybody else has to prove itself.
        LastCaughtUpAt = inIsr ? now : null;
    }

    /// <summary>The follower's broker id.</summary>
    public int BrokerId { get; }

    /// <summary>The follower's log end offset, or <see cref="Unknown"/>.</summary>
    public long LogEndOffset { get; private set; } = Unknown;

    /// <summary>The follower's log start offset, or <see cref="Unknown"/>.</summary>
    public long LogStartOffset { get; private set; } = Unknown;

    /// <summary>The incarnation of the broker that fetched last, or <see cref="BrokerEpoch.None"/>.</summary>
    public BrokerEpoch BrokerEpoch { get; private set; } = BrokerEpoch.None;

    /// <summary>When the follower last had everything; null when never under this leader.</summary>
    public long? LastCaughtUpAt { get; private set; }

    /// <summary>Takes note of one fetch: <paramref name="fetchOffset"/> is the follower's end, <paramref name="leaderEnd"/> ours now.</summary>
    public void Fetched(long fetchOffset, long followerLogStart, long leaderEnd, BrokerEpoch brokerEpoch, long now)
    {
        if (fetchOffset >= leaderEnd) LastCaughtUpAt = now;
        else if (_everFetched && fetchOffset >= _leaderEndAtLastFetch) LastCaughtUpAt = _lastFetchAt;

        LogEndOffset = fetchOffset;
        LogStartOffset = followerLogStart;
        BrokerEpoch = brokerEpoch;
        _leaderEndAtLastFetch = leaderEnd;
        _lastFetchAt = now;
        _everFetched = true;
    }
}
