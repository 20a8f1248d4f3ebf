namespace ClassicBroker.Testing.Verification;

/// <summary>What must hold of offsets and the values at them. Pure.</summary>
internal static class OffsetRules
{
    /// <summary>One value per offset, for ever (P2).</summary>
    public static IEnumerable<Anomaly> InconsistentOffsets(HistoryIndex history) =>
        from partition in history.Partitions
        from offset in partition.Offsets
        let told = partition.At(offset)
        where told.Count > 1
        select new Anomaly(
            AnomalyKind.InconsistentOffset, partition.Name,
            $"offset {offset} holds {string.Join(" and ", told.Select(t => t.Value))}", [.. told.Select(t => t.Word)]);

    /// <summary>A value sent once, or under one sequence number, lies at one offset (P4). Plain retries may leave more; they are counted, not accused.</summary>
    public static IEnumerable<Anomaly> Duplicates(HistoryIndex history) =>
        from partition in history.Partitions
        from read in partition.Reads
        where read.Offsets.Count > 1
              && history.Writes.TryGetValue(read.Value, out var write) && write.Sent.Retry != RetryMode.Plain
        select new Anomaly(
            AnomalyKind.Duplicate, partition.Name,
            $"value {read.Value} lies at offsets {string.Join(", ", read.Offsets)}, sent {Told(history.Writes[read.Value].Sent.Retry)}",
            [history.Writes[read.Value].Sent, .. read.Offsets.SelectMany(o => partition.At(o)).Where(t => t.Value == read.Value).Select(t => t.Word)]);

    /// <summary>Every value that is read was sent, to this partition.</summary>
    public static IEnumerable<Anomaly> Foreign(HistoryIndex history) =>
        from partition in history.Partitions
        from read in partition.Reads
        let write = history.Writes.GetValueOrDefault(read.Value)
        where write is null || write.Sent.Partition != partition.Name
        select new Anomaly(
            AnomalyKind.Foreign, partition.Name,
            write is null ? $"value {read.Value} at offset {read.Offsets[0]} was sent by nobody" : $"value {read.Value} was sent to {write.Sent.Partition}",
            [.. write is null ? Array.Empty<HistoryEvent>() : [write.Sent], partition.FirstReadOf(read.Value)!]);

    /// <summary>What was certainly not written is not read.</summary>
    public static IEnumerable<Anomaly> AbortedReads(HistoryIndex history) =>
        from write in history.Writes.Values
        where write.Refused is not null
        from partition in history.Partitions
        where partition.Name == write.Sent.Partition && partition.WasRead(write.Sent.Value)
        select new Anomaly(
            AnomalyKind.AbortedRead, partition.Name, $"value {write.Sent.Value} was refused ({write.Refused!.Why}) and is read",
            [write.Sent, write.Refused, partition.FirstReadOf(write.Sent.Value)!]);

    private static string Told(RetryMode retry) => retry == RetryMode.Idempotent ? "under one sequence number" : "once";
}
