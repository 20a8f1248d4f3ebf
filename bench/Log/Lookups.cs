using System.Diagnostics;
using ClassicBroker.Broker.Log;

namespace ClassicBroker.Bench.Log;

/// <summary>Look-ups in full indexes (segment.index.bytes of 10 MiB), at random, in nanoseconds each.</summary>
internal static class Lookups
{
    private const int IndexBytes = 10 * 1024 * 1024, Times = 1_000_000;

    public static IEnumerable<Measure> All(LogBench.Settings settings)
    {
        var offsets = new OffsetIndex(IndexBytes);
        for (var i = 0; !offsets.IsFull; i++)
            offsets.Add(i * 100 + 99, i * 800);
        var times = new TimeIndex(IndexBytes);
        for (var i = 0; !times.IsFull; i++)
            times.Add(1_700_000_000_000 + i * 10L, i * 100);
        var random = new Random(5);
        var wanted = Enumerable.Range(0, settings.Quick ? Times / 10 : Times).Select(_ => random.Next(offsets.Count * 100)).ToArray();
        yield return new Measure($"offset index of {offsets.Count:N0} entries, look-up", "ns", () => Each(wanted, w => offsets.Find(w)), LowerIsBetter: true) { Asked = 1000 };
        yield return new Measure($"time index of {times.Count:N0} entries, look-up", "ns",
            () => Each(wanted, w => times.FindBelow(1_700_000_000_000 + w / 10)), LowerIsBetter: true)
        { Asked = 1000 };
    }

    private static double Each(int[] wanted, Func<int, int> find)
    {
        var sum = 0;
        var since = Stopwatch.GetTimestamp();
        foreach (var one in wanted)
            sum ^= find(one);
        GC.KeepAlive(sum);
        return Stopwatch.GetElapsedTime(since).TotalNanoseconds / wanted.Length;
    }
}
