using System.Diagnostics;

namespace ClassicBroker.Bench.Log;

/// <summary>What holding many logs open costs: memory and file handles of each, and the time to open it after a clean stop.</summary>
internal static class OpenLogs
{
    public static IEnumerable<Measure> All(string directory, LogBench.Settings settings)
    {
        var count = settings.Quick ? 200 : 10_000;
        var open = new Lazy<Held>(() => Open(directory, count));
        yield return new Measure($"{count:N0} open logs: memory of each", "bytes", () => open.Value.Bytes, LowerIsBetter: true) { Asked = 16 * 1024 };
        yield return new Measure($"{count:N0} open logs: file handles of each", "", () => open.Value.Handles, LowerIsBetter: true) { Asked = 1 };
        yield return new Measure($"{count:N0} open logs: opening each after a clean stop", "us", () => open.Value.Microseconds, LowerIsBetter: true);
    }

    private sealed record Held(double Bytes, double Handles, double Microseconds);

    private static Held Open(string directory, int count)
    {
        var batch = BenchLog.Batch(1);
        var paths = Enumerable.Range(0, count).Select(_ => BenchLog.Fresh(directory)).ToArray();
        foreach (var path in paths)
        {
            using var log = BenchLog.Open(path);
            BenchLog.Append(log, batch);
        }
        var (memory, handles) = (GC.GetTotalMemory(forceFullCollection: true), Handles());
        var since = Stopwatch.GetTimestamp();
        var logs = paths.Select(p => BenchLog.Open(p, clean: true, recoveryPoint: 1)).ToArray();
        var took = Stopwatch.GetElapsedTime(since).TotalMicroseconds;
        var held = new Held((GC.GetTotalMemory(forceFullCollection: true) - memory) / (double)count, (Handles() - handles) / (double)count, took / count);
        foreach (var log in logs)
            log.Dispose();
        return held;
    }

    private static int Handles() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : Process.GetCurrentProcess().HandleCount;
}
