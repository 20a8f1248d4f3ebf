namespace ClassicBroker.Testing.Verification;

/// <summary>What must still be there (P1). Pure.</summary>
internal static class LossRules
{
    /// <summary>
    /// Acknowledged with acks=all: there after healing. Without a final read Jepsen's weaker rule: somebody read something later and nobody read it.
    /// </summary>
    public static IEnumerable<Anomaly> LostWrites(HistoryIndex history) =>
        from lost in Missing(history)
        where lost.Partition.Final is not null || lost.Write.Acknowledged!.Offset < lost.Partition.HighestRead
        select new Anomaly(
            AnomalyKind.LostWrite, lost.Partition.Name,
            $"value {lost.Write.Sent.Value} was acknowledged with acks=all at offset {lost.Write.Acknowledged!.Offset} and is {Where(lost.Partition)}",
            [lost.Write.Sent, lost.Write.Acknowledged]);

    /// <summary>Acknowledged above everything read, in a partition nobody read to its end: not proven.</summary>
    public static IEnumerable<Anomaly> Unseen(HistoryIndex history) =>
        from unseen in Missing(history)
        where unseen.Partition.Final is null && unseen.Write.Acknowledged!.Offset >= unseen.Partition.HighestRead
        select new Anomaly(
            AnomalyKind.Unseen, unseen.Partition.Name,
            $"value {unseen.Write.Sent.Value}, acknowledged at offset {unseen.Write.Acknowledged!.Offset}, was never looked for: reading ended at {unseen.Partition.HighestRead}",
            [unseen.Write.Sent, unseen.Write.Acknowledged]);

    /// <summary>What a consumer read was committed, with any acks: it is there after healing.</summary>
    public static IEnumerable<Anomaly> LostReads(HistoryIndex history)
    {
        foreach (var partition in history.Partitions.Where(p => p.Final is not null))
        {
            var there = partition.Final!.Values.ToHashSet();
            foreach (var (value, offsets) in partition.Reads)
            {
                if (there.Contains(value) || offsets[^1] < partition.Final.From) continue;
                yield return new Anomaly(
                    AnomalyKind.LostRead, partition.Name,
                    $"value {value} was read at offset {offsets[0]} and is {Where(partition)}", [partition.FirstReadOf(value)!, Short(partition.Final)]);
            }
        }
    }

    private static IEnumerable<(Write Write, ObservedPartition Partition)> Missing(HistoryIndex history)
    {
        var partitions = history.Partitions.ToDictionary(p => p.Name, p => (Seen: p, There: p.Final?.Values.ToHashSet()));
        foreach (var write in history.Writes.Values)
        {
            if (!write.IsPromised) continue;
            var (partition, there) = partitions[write.Sent.Partition];
            var offset = write.Acknowledged!.Offset;
            var isThere = there?.Contains(write.Sent.Value) ?? partition.WasRead(write.Sent.Value);
            if (!isThere && !(partition.Final is { } read && offset >= 0 && offset < read.From)) yield return (write, partition);
        }
    }

    private static string Where(ObservedPartition partition) => partition.Final is { } read
        ? $"not in the log after healing (offsets {read.From} to {read.To})"
        : $"read by nobody, though offset {partition.HighestRead} was";

    private static FinalRead Short(FinalRead read) => read with { Offsets = [], Values = [] };
}
