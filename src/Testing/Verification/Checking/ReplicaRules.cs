namespace ClassicBroker.Testing.Verification;

/// <summary>What replicas hold below the high watermark is the same, byte for byte (P3). Pure.</summary>
internal static class ReplicaRules
{
    /// <summary>Ranges in which replicas differ, or that only some of them told.</summary>
    public static IEnumerable<Anomaly> Differences(HistoryIndex history) =>
        from partition in history.Replicas.GroupBy(r => r.Partition)
        let brokers = partition.Select(r => r.Broker).Distinct().Count()
        from range in partition.GroupBy(r => (r.From, r.To)).OrderBy(g => g.Key)
        where range.Select(r => r.Sum).Distinct().Count() > 1 || range.Select(r => r.Broker).Distinct().Count() != brokers
        select new Anomaly(
            AnomalyKind.ReplicasDiffer, partition.Key,
            $"offsets {range.Key.From} to {range.Key.To}: {string.Join(", ", range.Select(r => $"broker {r.Broker} has {r.Sum}"))}"
            + (range.Count() < brokers ? $"; {brokers} brokers were asked" : ""),
            [.. range]);

    /// <summary>What did not heal by itself (P13).</summary>
    public static IEnumerable<Anomaly> NeverHealed(HistoryIndex history) =>
        history.Stuck.Select(stuck => new Anomaly(AnomalyKind.NeverHealed, "", stuck.What, [stuck]));
}
