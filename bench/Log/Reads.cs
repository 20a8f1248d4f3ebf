using System.Diagnostics;
using ClassicBroker.Broker.Log;

namespace ClassicBroker.Bench.Log;

/// <summary>Reading by offset: the tail just written, the whole log from the page cache, and the whole log from the disk.</summary>
internal static class Reads
{
    private const int FetchBytes = 1 << 20;

    public static IEnumerable<Measure> All(string directory, LogBench.Settings settings)
    {
        var path = BenchLog.Fresh(directory);
        var log = new Lazy<PartitionLog>(() => BenchLog.Open(BenchLog.Write(path, settings.Volume), recoveryPoint: long.MaxValue));
        var file = Path.Combine(path, "00000000000000000000.log");
        var (from, to) = (new byte[FetchBytes], new byte[FetchBytes]);
        var times = (int)(settings.Volume / FetchBytes);
        from.AsSpan().Fill(1);
        yield return new Measure("read the hot tail, 1 MB a time", "MB/s", () => Tail(log.Value, times), () => Machine.Copy(from, to, times), "memcpy of 1 MB");
        yield return new Measure("read the log in 1 MB fetches, from the page cache", "MB/s",
            () => Whole(log.Value), () => Machine.Read(file, FetchBytes), "the same reads without us");
        yield return new Measure("read the log in 1 MB fetches, from the disk", "MB/s",
            () => Cold(log.Value, file), () => Cold(file), "the same reads without us");
    }

    private static double Tail(PartitionLog log, int times)
    {
        var start = log.LogEndOffset - FetchBytes / 1016;
        long done = 0;
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            using var read = log.Read(start, FetchBytes, log.LogEndOffset, atLeastOneBatch: true);
            done += read.Records.Length;
        }
        return Machine.Rate(done, since);
    }

    private static double Whole(PartitionLog log)
    {
        long done = 0;
        var since = Stopwatch.GetTimestamp();
        for (var next = log.LogStartOffset; next < log.LogEndOffset;)
        {
            using var read = log.Read(next, FetchBytes, log.LogEndOffset, atLeastOneBatch: true);
            (next, done) = (read.NextOffset, done + read.Records.Length);
        }
        return Machine.Rate(done, since);
    }

    private static double Cold(PartitionLog log, string file)
    {
        Machine.MakeCold(file);
        return Whole(log);
    }

    private static double Cold(string file)
    {
        Machine.MakeCold(file);
        return Machine.Read(file, FetchBytes);
    }
}
