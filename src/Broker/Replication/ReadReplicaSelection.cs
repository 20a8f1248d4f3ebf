namespace ClassicBroker.Broker.Replication;

/// <summary>A replica a consumer may read from: its broker and rack, its log end, and how long ago it was caught up (zero for the leader).</summary>
public readonly record struct ReadCandidate(int BrokerId, string? Rack, long LogEndOffset, TimeSpan SinceCaughtUp);

/// <summary>
/// Which replica a consumer should read from (KIP-392): one in its own rack, so that traffic between racks, which is slow or costs money, is paid once by replication.
/// The leader, when it is in that rack or nobody else is; else the most caught-up replica there. Pure (Kafka: <c>RackAwareReplicaSelector</c>).
/// </summary>
public static class ReadReplicaSelection
{
    /// <summary>The broker to go to, or null to stay with the leader.</summary>
    public static int? Choose(string? clientRack, in ReadCandidate leader, IEnumerable<ReadCandidate> followers)
    {
        if (string.IsNullOrEmpty(clientRack) || leader.Rack == clientRack) return null;
        ReadCandidate? best = null;
        foreach (var follower in followers)
            if (follower.Rack == clientRack && (best is not { } b || IsBetter(follower, b))) best = follower;
        return best?.BrokerId;
    }

    private static bool IsBetter(in ReadCandidate one, in ReadCandidate other)
    {
        if (one.LogEndOffset != other.LogEndOffset) return one.LogEndOffset > other.LogEndOffset;
        if (one.SinceCaughtUp != other.SinceCaughtUp) return one.SinceCaughtUp < other.SinceCaughtUp;
        return one.BrokerId > other.BrokerId;
    }
}
