namespace ClassicBroker.Testing.Verification;

/// <summary>What one reader sees of one partition, from assignment to assignment: forward, without gaps, and never past the high watermark. Pure.</summary>
internal static class ReaderRules
{
    /// <summary>All findings of all readers.</summary>
    public static IEnumerable<Anomaly> Find(HistoryIndex history)
    {
        var partitions = history.Partitions.ToDictionary(p => p.Name);
        var positions = new Dictionary<(string Reader, string Partition), Position>();
        foreach (var happened in history.Readers)
        {
            switch (happened)
            {
                case ReaderAssigned assigned:
                    positions[(assigned.Reader, assigned.Partition)] = new Position(assigned.Offset - 1, assigned);
                    break;
                case ReaderOutOfRange outside:
                    yield return new Anomaly(
                        AnomalyKind.LogWentBack, outside.Partition, $"{outside.Reader} asked for offset {outside.Offset}, right behind what it had read, and it is out of range",
                        positions.TryGetValue((outside.Reader, outside.Partition), out var before) ? [before.Last, outside] : [outside]);
                    break;
                case ReaderPolled poll:
                    if (!positions.TryGetValue((poll.Reader, poll.Partition), out var position))
                        positions[(poll.Reader, poll.Partition)] = position = new Position(Position.Unknown, poll);
                    foreach (var found in Poll(poll, position, partitions[poll.Partition])) yield return found;
                    break;
            }
        }
    }

    private static IEnumerable<Anomaly> Poll(ReaderPolled poll, Position position, ObservedPartition partition)
    {
        foreach (var found in Watermarks(poll, position)) yield return found;
        for (var i = 0; i < poll.Offsets.Count; i++)
        {
            var offset = poll.Offsets[i];
            if (position.Offset != Position.Unknown && Step(position.Offset, offset, partition) is { } wrong)
            {
                var kind = i > 0 ? AnomalyKind.InternalOrder : wrong.Back ? AnomalyKind.NonMonotonicPoll : AnomalyKind.PollSkip;
                yield return new Anomaly(kind, poll.Partition, $"{poll.Reader} {wrong.Told}", i > 0 ? [poll] : [position.Last, poll]);
            }

            position.Offset = offset;
        }

        position.Last = poll;
    }

    private static (bool Back, string Told)? Step(long last, long next, ObservedPartition partition)
    {
        if (next <= last) return (true, $"read offset {next} after {last}");
        // Offsets without a record are no gap: batches of control records take some.
        return next > last + 1 && partition.Between(last, next) is { } skipped
            ? (false, $"went from {(last < 0 ? "the beginning" : $"offset {last}")} to {next} past offset {skipped}, which holds {partition.At(skipped)[0].Value}")
            : null;
    }

    private static IEnumerable<Anomaly> Watermarks(ReaderPolled poll, Position position)
    {
        if (poll.HighWatermark < 0) yield break;
        if (poll.HighWatermark < position.HighWatermark)
            yield return new Anomaly(
                AnomalyKind.HighWatermarkWentBack, poll.Partition,
                $"{poll.Reader} was told high watermark {poll.HighWatermark} after {position.HighWatermark}", [position.Told!, poll]);
        else (position.HighWatermark, position.Told) = (poll.HighWatermark, poll);

        if (poll.Offsets.Count > 0 && poll.Offsets[^1] >= poll.HighWatermark)
            yield return new Anomaly(
                AnomalyKind.ReadPastHighWatermark, poll.Partition, $"{poll.Reader} was given offset {poll.Offsets[^1]} with high watermark {poll.HighWatermark}", [poll]);
    }

    private sealed class Position(long offset, HistoryEvent last)
    {
        public const long Unknown = long.MinValue;

        public long Offset { get; set; } = offset;

        public HistoryEvent Last { get; set; } = last;

        public long HighWatermark { get; set; } = -1;

        public HistoryEvent? Told { get; set; }
    }
}
