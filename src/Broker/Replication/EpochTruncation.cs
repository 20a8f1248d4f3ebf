namespace ClassicBroker.Broker.Replication;

/// <summary>What a follower cuts: <paramref name="Offset"/> becomes its log end. When not <paramref name="Final"/> it must ask again.</summary>
public readonly record struct TruncationStep(long Offset, bool Final);

/// <summary>
/// How a follower finds the point up to which its history equals the leader's. The leader named the largest epoch it knows at or below the follower's
/// last epoch, and where that epoch ends in its log. If the follower knows that epoch too, the histories agree up to the smaller of the two ends.
/// If not (elections came so fast that each has epochs the other never saw, KIP-279), the follower cuts back to the end of its own nearest smaller epoch
/// and asks again, until both know one epoch. The high watermark is used only when the leader knows no epoch at all: cutting there by habit is what lost
/// records before KIP-101 (Kafka: <c>AbstractFetcherThread.getOffsetTruncationState</c>).
/// </summary>
public static class EpochTruncation
{
    /// <summary>
    /// <paramref name="leaderEpoch"/>/<paramref name="leaderEnd"/>: the leader's answer, -1/-1 when it knows no epoch.
    /// <paramref name="localEpoch"/>/<paramref name="localEnd"/>: the same question asked of the own log with <paramref name="leaderEpoch"/>; -1/-1 when it knows none.
    /// </summary>
    public static TruncationStep Next(int leaderEpoch, long leaderEnd, int localEpoch, long localEnd, long highWatermark, long logEnd)
    {
        if (leaderEnd < 0) return new TruncationStep(Math.Min(highWatermark, logEnd), Final: true);
        if (localEpoch < 0 || localEnd < 0) return new TruncationStep(Math.Min(leaderEnd, logEnd), Final: true);
        if (localEpoch != leaderEpoch) return new TruncationStep(Math.Min(localEnd, logEnd), Final: false);
        return new TruncationStep(Math.Min(Math.Min(leaderEnd, localEnd), logEnd), Final: true);
    }

    /// <summary>
    /// The leader's test of a fetch: do the histories part before <paramref name="fetchOffset"/>?
    /// <paramref name="epoch"/>/<paramref name="endOffset"/> is the leader's own answer for <paramref name="lastFetchedEpoch"/>.
    /// </summary>
    public static bool Diverges(int lastFetchedEpoch, long fetchOffset, int epoch, long endOffset) =>
        epoch < lastFetchedEpoch || endOffset < fetchOffset;

    /// <summary>
    /// OFFSET_OUT_OF_RANGE from the leader: where does the follower go on? A leader that is behind had an unclean election: cut to its end.
    /// A leader whose log starts beyond our end deleted what we miss: start anew there. Otherwise our end is inside its log by now: just go on.
    /// Never "wipe and start at zero" (KAFKA-2143).
    /// </summary>
    public static OutOfRangeStep AfterOutOfRange(long leaderStart, long leaderEnd, long localEnd)
    {
        if (leaderEnd < localEnd) return new OutOfRangeStep(OutOfRangeAction.Truncate, leaderEnd);
        if (leaderStart > localEnd) return new OutOfRangeStep(OutOfRangeAction.RestartAt, leaderStart);
        return new OutOfRangeStep(OutOfRangeAction.GoOn, localEnd);
    }
}

/// <summary>What to do with a follower's log that lies outside the leader's.</summary>
public enum OutOfRangeAction
{
    GoOn,
    Truncate,
    RestartAt,
}

/// <summary>An <see cref="OutOfRangeAction"/> and the offset it applies to.</summary>
public readonly record struct OutOfRangeStep(OutOfRangeAction Action, long Offset);
