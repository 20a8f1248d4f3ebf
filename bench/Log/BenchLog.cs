using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Bench.Log;

/// <summary>Logs and batches to measure with.</summary>
internal static class BenchLog
{
    public static readonly ILogFiles Files = new DiskLogFiles();

    public static PartitionLog Open(string directory, LogOptions? options = null, bool clean = false, long recoveryPoint = 0) =>
        PartitionLog.Open(directory, new TopicPartition("bench", 0), options ?? new LogOptions(), Files, TimeProvider.System, NullLogger.Instance,
            clean, recoveryPoint);

    /// <summary>A batch of 1,000-byte values that compress to about half, as log lines do.</summary>
    public static byte[] Batch(int records, CompressionType compression = CompressionType.None)
    {
        var random = new Random(3);
        var builder = new RecordBatchBuilder(compression);
        for (var i = 0; i < records; i++)
        {
            var value = new byte[1000];
            random.NextBytes(value.AsSpan(0, 500));
            builder.Add(1_700_000_000_000 + i, null, value);
        }
        return builder.Build();
    }

    /// <summary>Appends a batch as if it had just come from a producer.</summary>
    public static void Append(PartitionLog log, byte[] batch)
    {
        // the append before wrote its offset into it
        RecordBatch.SetBaseOffset(batch, 0);
        log.AppendAsLeader(batch, 0, AppendRules.FromClient(9));
    }

    /// <summary>A log of one segment with about <paramref name="bytes"/> bytes in 16 KB batches; the directory it lies in.</summary>
    public static string Write(string directory, long bytes, LogOptions? options = null)
    {
        using var log = Open(directory, options);
        var batch = Batch(16);
        for (long done = 0; done < bytes; done += batch.Length)
            Append(log, batch);
        log.Flush();
        return directory;
    }

    /// <summary>A name below <paramref name="directory"/> that nothing has yet.</summary>
    public static string Fresh(string directory) => Path.Combine(directory, $"{Guid.NewGuid():N}-0");
}
