namespace ClassicBroker.Testing.Verification;

/// <summary>
/// One kind of fault and how long writers felt it. For each fault and partition the longest silence of acks=all counts: the time between
/// two acknowledgements next to each other, in the window from the fault to the next one. It includes the workload's own pace.
/// </summary>
/// <param name="Fault">Its name.</param>
/// <param name="Count">How often it was made.</param>
/// <param name="MedianMs">Median over faults and partitions, ms.</param>
/// <param name="MaxMs">The longest, ms.</param>
/// <param name="MaxAfterHealMs">Of a silence that was still there when the fault was healed: the longest rest of it, ms; 0 when none was.</param>
public sealed record FaultRecovery(string Fault, int Count, double MedianMs, double MaxMs, double MaxAfterHealMs)
{
    /// <summary>All kinds of a history.</summary>
    public static IReadOnlyList<FaultRecovery> Of(HistoryIndex history)
    {
        var acknowledged = history.Writes.Values
            .Where(write => write.IsPromised)
            .GroupBy(write => write.Sent.Partition)
            .ToDictionary(group => group.Key, group => group.Select(write => write.Acknowledged!.At).Order().ToArray());
        var windows = Windows(history);
        return
        [
            .. windows.GroupBy(window => window.Started.Fault).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
            {
                var silences = group.SelectMany(window => acknowledged.Values.Select(times => Longest(times, window))).ToList();
                var sorted = silences.Select(silence => (silence.To - silence.From) / 1000.0).Order().ToList();
                var rests = silences.Where(silence => silence.Healed > silence.From && silence.Healed < silence.To).Select(silence => (silence.To - silence.Healed) / 1000.0);
                return new FaultRecovery(
                    group.Key, group.Count(), sorted.Count == 0 ? 0 : sorted[sorted.Count / 2], sorted.LastOrDefault(), rests.DefaultIfEmpty().Max());
            }),
        ];
    }

    private static List<(FaultStarted Started, long HealedAt, long EndsAt)> Windows(HistoryIndex history)
    {
        var started = history.Faults.OfType<FaultStarted>().ToList();
        var healed = history.Faults.OfType<FaultHealed>().ToDictionary(heal => heal.Number, heal => heal.At);
        return [.. started.Select((fault, i) => (fault, healed.GetValueOrDefault(fault.Number, history.EndedAt), i + 1 < started.Count ? started[i + 1].At : history.EndedAt))];
    }

    // The silence that began before the window and one that ends behind it are cut to it: a fault is not blamed for its neighbours.
    private static (long From, long To, long Healed) Longest(long[] times, (FaultStarted Started, long HealedAt, long EndsAt) window)
    {
        var first = Array.BinarySearch(times, window.Started.At);
        if (first < 0) first = ~first;
        long from = window.Started.At, at = window.Started.At, to = window.Started.At;
        for (var i = first; i < times.Length && times[i] <= window.EndsAt; i++)
        {
            if (times[i] - at > to - from) (from, to) = (at, times[i]);
            at = times[i];
        }

        // Writers are stopped before the last window ends: the end of writing is no silence, unless nothing was acknowledged at all.
        var last = times.Length == 0 ? window.EndsAt : Math.Min(times[^1], window.EndsAt);
        if (last - at > to - from) (from, to) = (at, last);
        if (at == window.Started.At && first >= times.Length) (from, to) = (at, window.EndsAt);
        return (from, to, window.HealedAt);
    }
}
