using System.Text;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>A temporary directory with one partition's log in it, and a clock that stands still.</summary>
public sealed class LogBench : IDisposable
{
    public static readonly TopicPartition Id = new("t", 0);

    public string Root { get; } = Directory.CreateTempSubdirectory("classic-log-").FullName;

    public string Partition => Path.Combine(Root, "t-0");

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_060_000));

    public ILogFiles Files { get; } = new DiskLogFiles();

    public PartitionLog Open(LogOptions? options = null, bool clean = false, long recoveryPoint = 0, long logStart = 0) =>
        PartitionLog.Open(Partition, Id, options ?? new LogOptions(), Files, Time, NullLogger.Instance, clean, recoveryPoint, logStart);

    public static byte[] Batch(int records = 1, int valueBytes = 10, long timestamp = 1_700_000_000_000, CompressionType compression = CompressionType.None)
    {
        var builder = new RecordBatchBuilder(compression);
        for (var i = 0; i < records; i++)
            builder.Add(timestamp + i, Encoding.UTF8.GetBytes($"k{i}"), new byte[valueBytes]);
        return builder.Build();
    }

    public static LogAppend Append(PartitionLog log, int records = 1, int epoch = 0, int valueBytes = 10, long timestamp = 1_700_000_000_000) =>
        log.AppendAsLeader(Batch(records, valueBytes, timestamp), epoch, AppendRules.FromClient(9));

    public static List<long> Offsets(PartitionLog log)
    {
        var offsets = new List<long>();
        for (var next = log.LogStartOffset; next < log.LogEndOffset;)
        {
            using var read = log.Read(next, 1000, log.LogEndOffset, atLeastOneBatch: true);
            offsets.AddRange(RecordBatchReader.ReadAll(read.Records).Select(r => r.Offset).Where(o => o >= next));
            if (read.Records.IsEmpty)
                break;
            next = read.NextOffset;
        }
        return offsets;
    }

    public static byte[] Copy(PartitionLog log, long from, int maxBytes = 1 << 20)
    {
        using var read = log.Read(from, maxBytes, log.LogEndOffset, atLeastOneBatch: true);
        return read.Records.ToArray();
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
