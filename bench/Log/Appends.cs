using System.Diagnostics;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Bench.Log;

/// <summary>
/// Appending as leader: batches of 1 KB records, each checked, given its offset and written. The limit is the same bytes written to
/// a new file with one call per batch, unchecked.
/// </summary>
internal static class Appends
{
    public static IEnumerable<Measure> All(string directory, LogBench.Settings settings)
    {
        var machine = new Machine(directory);
        foreach (var (name, records) in new[] { ("16 KB", 16), ("1 MB", 1024) })
        {
            foreach (var codec in new[] { CompressionType.None, CompressionType.Lz4, CompressionType.Zstd })
            {
                var batch = BenchLog.Batch(records, codec);
                var options = new LogOptions { MaxMessageBytes = 4 << 20 };
                yield return new Measure($"append {name} batches of 1 KB records, {codec.ToString().ToLowerInvariant()}", "MB/s",
                    () => Append(directory, batch, options, settings.Volume),
                    () => machine.Write(batch, 1, settings.Volume),
                    "write of the same bytes, unchecked")
                {
                    Asked = codec == CompressionType.None ? 0.7 : null,
                };
            }
        }
    }

    private static double Append(string directory, byte[] batch, LogOptions options, long volume)
    {
        var path = BenchLog.Fresh(directory);
        try
        {
            using var log = BenchLog.Open(path, options);
            var since = Stopwatch.GetTimestamp();
            long done = 0;
            for (; done < volume; done += batch.Length)
                BenchLog.Append(log, batch);
            return Machine.Rate(done, since);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
