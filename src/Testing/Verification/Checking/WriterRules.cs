namespace ClassicBroker.Testing.Verification;

/// <summary>What one writer is told: its values get ascending offsets in the order it sent them. Pure.</summary>
internal static class WriterRules
{
    /// <summary>Acknowledged offsets of one writer in one partition ascend.</summary>
    public static IEnumerable<Anomaly> NonMonotonicSends(HistoryIndex history)
    {
        var last = new Dictionary<(string Writer, string Partition), Write>();
        foreach (var write in history.WritesInOrder)
        {
            // Of acks=1 the log may have been cut between two acknowledgements, and the offset given away again.
            if (!write.IsPromised || write.Acknowledged!.Offset < 0) continue;
            var key = (write.Sent.Writer, write.Sent.Partition);
            if (last.TryGetValue(key, out var before) && write.Acknowledged.Offset <= before.Acknowledged!.Offset)
                yield return new Anomaly(
                    AnomalyKind.NonMonotonicSend, write.Sent.Partition,
                    $"{write.Sent.Writer} sent {before.Sent.Value} and then {write.Sent.Value}; they were acknowledged at offsets {before.Acknowledged.Offset} and {write.Acknowledged.Offset}",
                    [before.Sent, before.Acknowledged, write.Sent, write.Acknowledged]);
            last[key] = write;
        }
    }
}
