namespace ClassicBroker.Testing.Verification;

/// <summary>The writes of one class (acks and retry mode) in numbers.</summary>
/// <param name="Sent">Values sent.</param>
/// <param name="Acknowledged">Those acknowledged.</param>
/// <param name="Refused">Those certainly not written.</param>
/// <param name="Unsure">Those without an answer, or with one that leaves it open.</param>
/// <param name="Read">Those in the log after healing (or, without a final read, read by anyone).</param>
/// <param name="Lost">Acknowledged and not read. A violation for acks=all; what acks=1 means otherwise.</param>
/// <param name="Duplicated">Those read at more than one offset. What a plain retry means; a violation otherwise.</param>
public sealed record WriteCounts(
    short Acks, RetryMode Retry, int Sent, int Acknowledged, int Refused, int Unsure, int Read, int Lost, int Duplicated)
{
    /// <summary>All classes of a history.</summary>
    public static IReadOnlyList<WriteCounts> Of(HistoryIndex history)
    {
        var there = new HashSet<long>();
        var twice = new HashSet<long>();
        foreach (var partition in history.Partitions)
        {
            there.UnionWith(partition.Final?.Values ?? partition.Reads.Select(read => read.Value));
            twice.UnionWith(partition.Reads.Where(read => read.Offsets.Count > 1).Select(read => read.Value));
        }

        return
        [
            .. history.Writes.Values
                .GroupBy(write => (write.Sent.Acks, write.Sent.Retry))
                .OrderBy(group => group.Key)
                .Select(group => new WriteCounts(
                    group.Key.Acks, group.Key.Retry,
                    group.Count(),
                    group.Count(write => write.Acknowledged is not null),
                    group.Count(write => write.Refused is not null),
                    group.Count(write => write.Acknowledged is null && write.Refused is null),
                    group.Count(write => there.Contains(write.Sent.Value)),
                    group.Count(write => write.Acknowledged is not null && !there.Contains(write.Sent.Value)),
                    group.Count(write => twice.Contains(write.Sent.Value)))),
        ];
    }

    /// <summary>"acks=all, idempotent".</summary>
    public string Name => $"acks={(Acks == -1 ? "all" : $"{Acks}")}, {Retry switch { RetryMode.Never => "one attempt", RetryMode.Plain => "retries", _ => "idempotent" }}";
}
