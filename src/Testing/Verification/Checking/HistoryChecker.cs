namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Judges a history: which anomalies it shows. The rules are those Jepsen checks Kafka by (jepsen-io/jepsen, tests/kafka.clj), plus high
/// watermarks, replicas and healing. Pure: the same history gets the same verdict.
/// </summary>
public static class HistoryChecker
{
    private static readonly Func<HistoryIndex, IEnumerable<Anomaly>>[] Rules =
    [
        LossRules.LostWrites, LossRules.LostReads, LossRules.Unseen,
        OffsetRules.InconsistentOffsets, OffsetRules.Duplicates, OffsetRules.AbortedReads, OffsetRules.Foreign,
        ReaderRules.Find, WriterRules.NonMonotonicSends,
        ReplicaRules.Differences, ReplicaRules.NeverHealed,
    ];

    /// <summary>The verdict on a history.</summary>
    public static Verdict Check(IEnumerable<HistoryEvent> history)
    {
        var index = HistoryIndex.Of(history);
        return new Verdict
        {
            Run = index.Run,
            Seconds = index.EndedAt / 1e6,
            Writes = WriteCounts.Of(index),
            Faults = FaultRecovery.Of(index),
            Anomalies = [.. Rules.SelectMany(rule => rule(index))],
        };
    }
}
