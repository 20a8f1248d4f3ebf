using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Unit.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Unit.Log;

/// <summary>A data directory that Kafka 3.9 wrote (kafka-logdir.jsonl.gz), stopped in order and killed, opened by our log.</summary>
public sealed class KafkaDirectoryTests : IDisposable
{
    private readonly LogBench _bench = new();

    public KafkaDirectoryTests() => KafkaSample.Unpack(_bench.Root);

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("data")]
    [InlineData("crashed")]
    public async Task Every_partition_is_read_to_the_end_that_kafka_knew(string directory)
    {
        var path = Path.Combine(_bench.Root, directory);
        var ends = new CheckpointFile(_bench.Files, Path.Combine(path, CheckpointFile.HighWatermark)).Read();
        await using var directories = LogDirectories.Open([path], _bench.Files, _bench.Time, NullLoggerFactory.Instance);
        await directories.LoadAsync(new LogOptions(), _ => null, CancellationToken.None);
        Assert.NotNull(directories.SavedClusterId);
        Assert.NotEmpty(directories.Logs);
        foreach (var log in directories.Logs)
        {
            Assert.True(log.LogEndOffset >= ends[log.Id], $"{log.Id} ends at {log.LogEndOffset}, Kafka knew {ends[log.Id]}");
            Assert.NotNull(log.TopicId);
            var next = log.LogStartOffset;
            while (next < log.LogEndOffset)
            {
                using var read = log.Read(next, 4000, log.LogEndOffset, true);
                if (read.Records.IsEmpty)
                    break;
                foreach (var record in RecordBatchReader.ReadAll(read.Records))
                    Assert.InRange(record.Offset, 0, log.LogEndOffset - 1);
                next = read.NextOffset;
            }
            Assert.Equal(log.LogEndOffset, next);
        }
    }

    [Fact]
    public async Task Log_start_and_epochs_are_taken_over()
    {
        var path = Path.Combine(_bench.Root, "data");
        var starts = new CheckpointFile(_bench.Files, Path.Combine(path, CheckpointFile.LogStart)).Read();
        await using var directories = LogDirectories.Open([path], _bench.Files, _bench.Time, NullLoggerFactory.Instance);
        await directories.LoadAsync(new LogOptions(), _ => null, CancellationToken.None);
        var deleted = new TopicPartition("deleted", 0);
        Assert.Equal(starts[deleted], directories.Find(deleted)!.LogStartOffset);
        var epochs = directories.Find(new TopicPartition("epochs", 0))!;
        Assert.Equal((2, 80L), epochs.EndOffsetFor(3));
        Assert.Equal((4, 120L), epochs.EndOffsetFor(4));
    }

    [Theory]
    [InlineData("plain-0")]
    [InlineData("idempotent-0")]
    [InlineData("txn-0")]
    public void Indexes_rebuilt_by_us_lead_to_the_same_batches_as_kafkas(string partition)
    {
        var path = Path.Combine(_bench.Root, "data", partition);
        var id = new TopicPartition(partition[..^2], 0);
        var options = new LogOptions { SegmentBytes = 16 * 1024, IndexIntervalBytes = 512 };
        List<(long, int)> Walk(bool clean)
        {
            using var log = PartitionLog.Open(path, id, options, _bench.Files, _bench.Time, NullLogger.Instance, clean, 0);
            return [.. Enumerable.Range(0, (int)log.LogEndOffset).Select(o =>
            {
                using var read = log.Read(o, 1, log.LogEndOffset, true);
                return (new RecordBatch(read.Records.Span).BaseOffset, read.Records.Length);
            })];
        }
        var kafkas = Walk(clean: true);
        foreach (var index in Directory.GetFiles(path, "*index"))
            File.Delete(index);
        Assert.Equal(kafkas, Walk(clean: false));
    }

    /// <summary>What we write, fed Kafka's batches one at a time, is what Kafka wrote: segments, transaction indexes, producer snapshots, byte for byte.</summary>
    [Theory]
    [InlineData("txn-0", 8192)]
    [InlineData("idempotent-0", 8192)]
    [InlineData("plain-0", 16384)]
    [InlineData("headers-0", 16384)]
    public void A_follower_writes_the_files_that_kafka_wrote(string partition, int segmentBytes)
    {
        var kafkas = Path.Combine(_bench.Root, "data", partition);
        var expected = Directory.GetFiles(kafkas).Where(IsCompared).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        var snapshots = expected.Keys.Where(n => n.EndsWith(".snapshot", StringComparison.Ordinal)).Select(n => long.Parse(n[..20])).ToList();
        using (var log = _bench.Open(new LogOptions { SegmentBytes = segmentBytes, IndexIntervalBytes = 512, SegmentMs = long.MaxValue }))
        {
            foreach (var file in expected.Keys.Where(n => n.EndsWith(".log", StringComparison.Ordinal)).Order())
            {
                for (var rest = expected[file].AsMemory(); rest.Length > 0;)
                {
                    var length = (int)new RecordBatch(rest.Span).Length;
                    log.AppendAsFollower(rest[..length].ToArray());
                    rest = rest[length..];
                    // Kafka also took some at its stops
                    if (snapshots.Contains(log.LogEndOffset))
                        log.SaveProducers();
                }
            }
        }
        var ours = Directory.GetFiles(_bench.Partition).Where(IsCompared).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        Assert.Equal(expected.Keys.Order(), ours.Keys.Order());
        foreach (var (name, bytes) in expected)
            Assert.True(bytes.AsSpan().SequenceEqual(ours[name]), $"{name}: Kafka {Convert.ToHexString(bytes)[..Math.Min(400, bytes.Length)]}, ours {Convert.ToHexString(ours[name])[..Math.Min(400, ours[name].Length)]}");

        static bool IsCompared(string path) => Path.GetExtension(path) is ".log" or ".txnindex" or ".snapshot";
    }

    [Fact]
    public void A_marker_of_ours_is_the_marker_of_kafka()
    {
        var log = File.ReadAllBytes(Path.Combine(_bench.Root, "data", "txn-0", "00000000000000000000.log")).AsSpan();
        var compared = 0;
        for (; log.Length > 0; log = log[(int)new RecordBatch(log).Length..])
        {
            var batch = new RecordBatch(log);
            if (!batch.IsControl)
                continue;
            Assert.True(TransactionMarker.TryRead(in batch, out var marker));
            var ours = marker.Build(batch.ProducerId, batch.ProducerEpoch);
            RecordBatch.SetBaseOffset(ours, batch.BaseOffset);
            RecordBatch.SetLeaderEpoch(ours, batch.PartitionLeaderEpoch);
            Assert.Equal(Convert.ToHexString(log[..(int)batch.Length]), Convert.ToHexString(ours));
            compared++;
        }
        Assert.True(compared > 5);
    }
}
