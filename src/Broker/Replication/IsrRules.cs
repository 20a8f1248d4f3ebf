namespace ClassicBroker.Broker.Replication;

/// <summary>One follower as the rules see it. <paramref name="SinceCaughtUp"/> is null when it never was under this leader.</summary>
public readonly record struct FollowerView(int BrokerId, long LogEndOffset, TimeSpan? SinceCaughtUp, bool Eligible);

/// <summary>
/// Who is in sync, who fell out, who may return: pure functions of plain values.
/// A follower falls out by <b>time</b> only (there is no lag in messages: a burst would throw everybody out), and it returns only when it
/// holds all that is committed <b>and</b> has reached the start of the leader's epoch. The second half matters: a follower that merely reached
/// the high watermark may lack what an earlier leader committed while this leader's watermark lagged (Kafka: <c>Partition.canAddReplicaToIsr</c>;
/// KAFKA-7128; rule 4 of the replication specification).
/// </summary>
public static class IsrRules
{
    /// <summary>
    /// Members of <paramref name="isr"/> that have been behind for longer than <paramref name="maxLag"/> (<c>replica.lag.time.max.ms</c>).
    /// A follower at the leader's end is in sync however long ago it asked; the leader itself never falls out.
    /// </summary>
    public static int[] FallenOut(IReadOnlyCollection<int> isr, int leader, long leaderEnd, IEnumerable<FollowerView> followers, TimeSpan maxLag)
    {
        var views = followers.ToDictionary(f => f.BrokerId);
        return [.. isr.Where(id => id != leader && HasFallenOut(views.GetValueOrDefault(id), leaderEnd, maxLag))];
    }

    /// <summary>May a follower outside the ISR join it now?</summary>
    public static bool MayJoin(in FollowerView follower, long highWatermark, long leaderEpochStart) =>
        follower.Eligible
        && follower.LogEndOffset >= highWatermark
        && follower.LogEndOffset >= leaderEpochStart;

    /// <summary>
    /// The in-sync test used for the high watermark: a follower outside the ISR that is caught up and may join is waited for already,
    /// or it would join with a log shorter than the watermark.
    /// </summary>
    public static bool IsAboutToJoin(in FollowerView follower, TimeSpan maxLag) =>
        follower.Eligible && follower.SinceCaughtUp is { } since && since <= maxLag;

    private static bool HasFallenOut(in FollowerView follower, long leaderEnd, TimeSpan maxLag) =>
        follower.LogEndOffset != leaderEnd && (follower.SinceCaughtUp is not { } since || since > maxLag);
}
