namespace ClassicBroker.Broker.Replication;

/// <summary>
/// When is a record safe? When every replica that could become leader has it. The high watermark is the smallest log end offset over the leader,
/// the <i>maximal</i> ISR (committed members and those being added or removed while a write to ZooKeeper is in flight) and the followers that are about to join.
/// It stands still while the committed ISR is smaller than <c>min.insync.replicas</c> allows (KIP-966, Kafka 3.7): what too few replicas hold is not
/// called committed. It never goes back (Kafka: <c>Partition.maybeIncrementLeaderHW</c>).
/// </summary>
public static class CommitRule
{
    /// <summary>The effective minimum: no topic can ask for more in-sync replicas than it has replicas (Kafka 3.7).</summary>
    public static int EffectiveMinIsr(int minInsyncReplicas, int replicaCount) => Math.Min(minInsyncReplicas, replicaCount);

    /// <summary>
    /// The new high watermark, never below <paramref name="current"/>.
    /// <paramref name="waitedFor"/> holds the log end offsets of every follower that counts; -1 for one not heard of yet.
    /// </summary>
    public static long Advance(long current, long leaderEnd, ReadOnlySpan<long> waitedFor, int committedIsrSize, int effectiveMinIsr)
    {
        if (committedIsrSize < effectiveMinIsr) return current;
        var safe = leaderEnd;
        foreach (var end in waitedFor) safe = Math.Min(safe, end);
        return Math.Max(current, safe);
    }
}
