using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;
using ClassicBroker.Unit.Records;

namespace ClassicBroker.Unit.Log;

public sealed class LogDumpTests : IDisposable
{
    private readonly LogBench _bench = new();

    public LogDumpTests()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 1000, IndexIntervalBytes = 100 });
        for (var i = 0; i < 40; i++)
            LogBench.Append(log, 2);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_log_in_order_has_no_flaws_and_shows_its_batches()
    {
        var dump = new LogDump(_bench.Files);
        Assert.Empty(dump.Verify(_bench.Partition));
        var offsets = dump.Segments(_bench.Partition).SelectMany(s => dump.Batches(_bench.Partition, s)).Select(b => new RecordBatch(b.Bytes.Span).BaseOffset);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => 2L * i), offsets);
    }

    [Fact]
    public void Flaws_are_named_by_file_and_byte()
    {
        var path = Path.Combine(_bench.Partition, "00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        bytes[80] ^= 1;
        File.WriteAllBytes(path, [.. bytes, 1, 2, 3]);
        var flaws = new LogDump(_bench.Files).Verify(_bench.Partition);
        Assert.Equal([0L, bytes.Length], flaws.Select(f => f.Position));
        Assert.All(flaws, f => Assert.Equal("00000000000000000000.log", f.File));
    }

    [Fact]
    public void An_index_that_leads_nowhere_is_named()
    {
        var index = Path.Combine(_bench.Partition, "00000000000000000000.index");
        var bytes = File.ReadAllBytes(index);
        bytes[7]++;
        File.WriteAllBytes(index, bytes);
        Assert.Contains("no batch begins", Assert.Single(new LogDump(_bench.Files).Verify(_bench.Partition)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_kafka_wrote_has_no_flaws()
    {
        foreach (var file in GoldenBatches.Read("kafka-logdir.jsonl.gz"))
        {
            var path = Path.Combine(_bench.Root, file.GetProperty("path").GetString()!);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.GetProperty("base64").GetBytesFromBase64());
        }
        foreach (var partition in Directory.GetDirectories(Path.Combine(_bench.Root, "data")))
            Assert.Empty(new LogDump(_bench.Files).Verify(partition));
    }
}
