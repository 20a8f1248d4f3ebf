using System.Collections.Concurrent;

namespace ClassicBroker.Testing.Simulation;

/// <summary>Many seeds, each on a thread of its own, as many at once as asked for.</summary>
public static class SimulationSweep
{
    /// <summary>
    /// Runs <paramref name="count"/> seeds from <paramref name="first"/>; with <paramref name="untilBroken"/> no new one begins once a promise was broken.
    /// <paramref name="each"/> is told of every seed as it ends. The results come in the order of their seeds.
    /// </summary>
    public static async Task<IReadOnlyList<SimulationResult>> RunAsync(
        int first, int count, int atOnce, Fence without, bool untilBroken, Action<SimulationResult>? each, CancellationToken ct)
    {
        var results = new ConcurrentBag<SimulationResult>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var next = first - 1;
        await Task.WhenAll(Enumerable.Range(0, Math.Max(1, atOnce)).Select(_ => Task.Run(Work, ct)));
        ct.ThrowIfCancellationRequested();
        return [.. results.OrderBy(result => result.Seed)];

        void Work()
        {
            while (!enough.IsCancellationRequested && Interlocked.Increment(ref next) is var seed && seed < first + count)
            {
                var result = SimulationRun.Of(seed, without);
                results.Add(result);
                each?.Invoke(result);
                if (untilBroken && result.Broken is not null) enough.Cancel();
            }
        }
    }

    /// <summary>The last <paramref name="lines"/> of what happened under a seed: the same history once more, written down.</summary>
    public static IReadOnlyList<string> LastOf(int seed, Fence without, int lines)
    {
        var last = new Queue<string>(lines);
        SimulationRun.Of(seed, without, line =>
        {
            if (last.Count == lines) last.Dequeue();
            last.Enqueue(line);
        });
        return [.. last];
    }
}
