using System.Diagnostics;

namespace ClassicBroker.Bench.Log;

/// <summary>
/// Runs a measure in rounds of A B B A (ours, limit, limit, ours), so that a machine that gets slower or faster meanwhile does it
/// to both, and takes medians. Unrecorded rounds go ahead: the code is compiled in its final form, memory and files are touched.
/// </summary>
internal static class Rounds
{
    // The runtime recompiles what is hot a tenth of a second after it is seen to be.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(400);
    private const int MostWarmUps = 20;

    public sealed record Result(Measure Measure, double Ours, double? Limit, double Least, double Most)
    {
        /// <summary>How much of the limit is reached: 1 is all of it.</summary>
        public double? Share => Limit is not { } limit ? null : Measure.LowerIsBetter ? limit / Ours : Ours / limit;

        /// <summary>Whether what was asked is reached; null when nothing was asked.</summary>
        public bool? Met => Measure.Asked is not { } asked ? null
            : Share is { } share ? share >= asked
            : Measure.LowerIsBetter ? Ours <= asked : Ours >= asked;
    }

    public static Result Run(Measure measure, int rounds)
    {
        var (ours, limits) = (new List<double>(), new List<double>());
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < 2 || (i < MostWarmUps && Stopwatch.GetElapsedTime(since) < WarmUp); i++)
        {
            measure.Ours();
            measure.Limit?.Invoke();
        }
        for (var i = 0; i < rounds; i++)
        {
            ours.Add(measure.Ours());
            if (measure.Limit is { } limit)
            {
                limits.Add(limit());
                limits.Add(limit());
            }
            ours.Add(measure.Ours());
        }
        return new Result(measure, Median(ours), limits.Count == 0 ? null : Median(limits), ours.Min(), ours.Max());
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values.Count % 2 == 1 ? values[values.Count / 2] : (values[values.Count / 2 - 1] + values[values.Count / 2]) / 2;
    }
}
