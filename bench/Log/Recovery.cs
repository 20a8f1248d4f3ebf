using System.Diagnostics;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Bench.Log;

/// <summary>Opening a log after a crash: every batch is read and its CRC computed, the indexes are built anew.</summary>
internal static class Recovery
{
    public static IEnumerable<Measure> All(string directory, LogBench.Settings settings)
    {
        var path = new Lazy<string>(() => BenchLog.Write(BenchLog.Fresh(directory), settings.Volume));
        string File() => Path.Combine(path.Value, "00000000000000000000.log");
        yield return new Measure("recovery after a crash, from the page cache", "MB/s", () => Recover(path.Value),
            () => Machine.Read(File(), 1 << 20, bytes => Crc32C.Compute(bytes)), "read of 1 MB blocks and CRC")
        { Asked = 0.7 };
        yield return new Measure("recovery after a crash, from the disk", "MB/s", () =>
            {
                Machine.MakeCold(File());
                return Recover(path.Value);
            },
            () =>
            {
                Machine.MakeCold(File());
                return Machine.Read(File(), 1 << 20, bytes => Crc32C.Compute(bytes));
            }, "read of 1 MB blocks and CRC");
    }

    private static double Recover(string path)
    {
        var since = Stopwatch.GetTimestamp();
        using var log = BenchLog.Open(path);
        return Machine.Rate(log.SizeBytes, since);
    }
}
