using ClassicBroker.Testing.Verification;
using CsCheck;

namespace ClassicBroker.Unit.Verification;

/// <summary>A correct history is never accused; a correct history with one thing made wrong always is, and of that.</summary>
public class CheckerPropertyTests
{
    private static readonly Gen<List<HistoryEvent>> Histories =
        Gen.Select(Gen.Int, Gen.Int[5, 300], (seed, steps) => new RandomHistory(seed).Make(steps));

    [Fact]
    public void A_correct_history_is_never_accused() => Histories.Sample(
        history => HistoryChecker.Check(history) is { Holds: true }, iter: 2000,
        print: history => string.Join('\n', HistoryChecker.Check(history).Anomalies.Select(a => a.Told)));

    [Fact]
    public void A_history_survives_its_file() => Histories.Sample(history =>
    {
        var read = history.Select((happened, i) => HistoryFile.Parse(HistoryFile.Line(happened), i, "memory"));
        return read.Select(HistoryFile.Line).SequenceEqual(history.Select(HistoryFile.Line)) && HistoryChecker.Check(read).Holds;
    }, iter: 200);

    [Fact]
    public void A_lost_write_is_always_found() => Mutated(AnomalyKind.LostWrite, history =>
    {
        var promised = HistoryIndex.Of(history).Writes.Values.Where(w => w.IsPromised).Select(w => w.Sent.Value).ToList();
        var victim = promised[promised.Count / 2];
        Without(history, victim);
    });

    [Fact]
    public void A_lost_read_is_always_found() => Mutated(AnomalyKind.LostRead, history =>
    {
        var final = Last<FinalRead>(history);
        var value = final.Values[^1];
        history.Insert(0, new ReaderPolled("r9", final.Partition, -1, [final.Offsets[^1]], [value]));
        Replace(history, final, final with { Offsets = [.. final.Offsets.Where((_, i) => final.Values[i] != value)], Values = [.. final.Values.Where(v => v != value)] });
    });

    [Fact]
    public void Two_values_at_one_offset_are_always_found() => Mutated(AnomalyKind.InconsistentOffset, history =>
    {
        var final = Last<FinalRead>(history);
        history.Add(new ReaderPolled("r9", final.Partition, -1, [final.Offsets[0]], [987654]));
    });

    [Fact]
    public void A_duplicate_is_always_found() => Mutated(AnomalyKind.Duplicate, history =>
    {
        var final = Last<FinalRead>(history);
        var once = HistoryIndex.Of(history).Writes;
        var value = final.Values.First(v => once[v].Sent.Retry != RetryMode.Plain);
        Replace(history, final, final with { To = final.To + 1, Offsets = [.. final.Offsets, final.To], Values = [.. final.Values, value] });
    });

    [Fact]
    public void A_refused_value_that_is_read_is_always_found() => Mutated(AnomalyKind.AbortedRead, history =>
    {
        var final = Last<FinalRead>(history);
        history.Add(new SendRefused(final.Values[0], "NotEnoughReplicas"));
    });

    [Fact]
    public void A_skip_is_always_found() => Mutated(AnomalyKind.PollSkip, history =>
    {
        var final = Last<FinalRead>(history);
        history.Add(new ReaderAssigned("r9", final.Partition, final.Offsets[0]));
        history.Add(new ReaderPolled("r9", final.Partition, -1, [final.To], [.. final.Values.Take(1)]));
    });

    [Fact]
    public void A_watermark_that_went_back_is_always_found() => Mutated(AnomalyKind.HighWatermarkWentBack, history =>
    {
        var final = Last<FinalRead>(history);
        history.Add(new ReaderPolled("r9", final.Partition, final.To, [], []));
        history.Add(new ReaderPolled("r9", final.Partition, final.To - 1, [], []));
    });

    [Fact]
    public void Replicas_that_differ_are_always_found() => Mutated(AnomalyKind.ReplicasDiffer, history =>
    {
        var replica = Last<ReplicaBytes>(history);
        Replace(history, replica, replica with { Sum = "other" });
    });

    private static void Mutated(AnomalyKind kind, Action<List<HistoryEvent>> mutate) => Histories.Sample(history =>
    {
        mutate(history);
        return HistoryChecker.Check(history).Anomalies.Any(a => a.Kind == kind);
    }, iter: 300, print: history => string.Join('\n', history.Select(HistoryFile.Line)));

    private static T Last<T>(List<HistoryEvent> history) => history.OfType<T>().Last();

    private static void Replace(List<HistoryEvent> history, HistoryEvent old, HistoryEvent other) => history[history.FindIndex(e => ReferenceEquals(e, old))] = other;

    // As if the value had never reached the log.
    private static void Without(List<HistoryEvent> history, long value)
    {
        for (var i = 0; i < history.Count; i++)
        {
            history[i] = history[i] switch
            {
                ReaderPolled poll => poll with { Offsets = [.. poll.Offsets.Where((_, at) => poll.Values[at] != value)], Values = [.. poll.Values.Where(v => v != value)] },
                FinalRead read => read with { Offsets = [.. read.Offsets.Where((_, at) => read.Values[at] != value)], Values = [.. read.Values.Where(v => v != value)] },
                var other => other,
            };
        }
    }
}
