using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>A log directory on a disk in memory, in which thousands of crashes and damages can be tried.</summary>
internal sealed class DiskBench
{
    public const string Root = "/d", Partition = "/d/t-0";

    public static readonly TopicPartition Id = LogBench.Id;

    public DiskBench(MemoryDisk? disk = null)
    {
        Disk = disk ?? new MemoryDisk(Time);
        Disk.CreateDirectory(Root);
        Disk.FlushDirectory("/");
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_060_000));

    public MemoryDisk Disk { get; set; }

    /// <summary>The log alone, without its directory's checkpoints.</summary>
    public PartitionLog Open(LogOptions? options = null, bool clean = false, long recoveryPoint = 0, long logStart = 0, RecoveryProgress? progress = null) =>
        PartitionLog.Open(Partition, Id, options ?? new LogOptions(), Disk, Time, NullLogger.Instance, clean, recoveryPoint, logStart, progress);

    /// <summary>The whole directory, as a broker starts it.</summary>
    public async Task<LogDirectories> StartAsync(LogOptions? options = null, params string[] paths)
    {
        var directories = LogDirectories.Open(paths.Length == 0 ? [Root] : paths, Disk, Time, NullLoggerFactory.Instance);
        directories.Adopt(1, "c");
        await directories.LoadAsync(options ?? new LogOptions(), _ => null, CancellationToken.None);
        return directories;
    }

    /// <summary>Every batch of the log by its base offset, byte for byte.</summary>
    public static Dictionary<long, byte[]> Batches(PartitionLog log)
    {
        var batches = new Dictionary<long, byte[]>();
        for (var next = log.LogStartOffset; next < log.LogEndOffset;)
        {
            using var read = log.Read(next, 1 << 20, log.LogEndOffset, atLeastOneBatch: true);
            if (read.Records.IsEmpty)
                break;
            Split(read.Records.Span, batches);
            next = read.NextOffset;
        }
        return batches;
    }

    public static void Split(ReadOnlySpan<byte> records, Dictionary<long, byte[]> into)
    {
        for (var rest = records; rest.Length > 0; rest = rest[(int)new RecordBatch(rest).Length..])
            into[new RecordBatch(rest).BaseOffset] = rest[..(int)new RecordBatch(rest).Length].ToArray();
    }
}
