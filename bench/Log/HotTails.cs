using System.Diagnostics;
using ClassicBroker.Broker.Log;

namespace ClassicBroker.Bench.Log;

/// <summary>
/// What keeping the newest batches in memory costs an append and gives its readers, beside a log that keeps none; and what a file that
/// is allocated beforehand would give the write alone.
/// </summary>
internal static class HotTails
{
    // a tail consumer's fetch: a few batches
    private const int FetchBytes = 64 * 1024;

    public static IEnumerable<Measure> All(string directory, LogBench.Settings settings)
    {
        foreach (var (name, records) in new[] { ("16 KB", 16), ("1 MB", 1024) })
        {
            var batch = BenchLog.Batch(records);
            yield return new Measure($"append {name} batches, the newest kept in memory", "MB/s",
                () => Append(directory, batch, settings.Volume, readers: 0, Tails()), () => Append(directory, batch, settings.Volume, readers: 0, HotTailMemory.None),
                "append, none kept");
            yield return new Measure($"append {name} batches and three readers behind, kept in memory", "MB/s",
                () => Append(directory, batch, settings.Volume, readers: 3, Tails()), () => Append(directory, batch, settings.Volume, readers: 3, HotTailMemory.None),
                "the same, none kept");
        }
        yield return new Measure("write 16 KB pieces into a file allocated beforehand", "MB/s",
            () => Write(directory, settings.Volume, allocate: true), () => Write(directory, settings.Volume, allocate: false), "a file that grows");
        yield return new Measure("write 1 MB pieces into a file allocated beforehand", "MB/s",
            () => Write(directory, settings.Volume, allocate: true, 1 << 20), () => Write(directory, settings.Volume, allocate: false, 1 << 20), "a file that grows");
    }

    private static HotTailMemory Tails() => new(64 << 20, 4 << 20);

    private static double Append(string directory, byte[] batch, long volume, int readers, HotTailMemory memory)
    {
        var path = BenchLog.Fresh(directory);
        try
        {
            using var log = BenchLog.Open(path, new LogOptions { MaxMessageBytes = 4 << 20, HotTail = memory });
            var since = Stopwatch.GetTimestamp();
            long done = 0;
            for (; done < volume; done += batch.Length)
            {
                var from = log.LogEndOffset;
                BenchLog.Append(log, batch);
                for (var i = 0; i < readers; i++)
                    log.Read(from, FetchBytes, log.LogEndOffset, atLeastOneBatch: true).Dispose();
            }
            return Machine.Rate(done, since);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static double Write(string directory, long volume, bool allocate, int piece = 16 * 1024)
    {
        var path = BenchLog.Fresh(directory);
        var bytes = new byte[piece];
        bytes.AsSpan().Fill(1);
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.DeleteOnClose, allocate ? volume : 0);
        var since = Stopwatch.GetTimestamp();
        long at = 0;
        for (; at < volume; at += piece)
            RandomAccess.Write(handle, bytes, at);
        return Machine.Rate(at, since);
    }
}
