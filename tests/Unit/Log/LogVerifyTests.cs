using System.Globalization;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Inspection;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>Whole logs, ours and Kafka's, are found whole; every spoiled bit, cut tail and senseless checkpoint is found and named.</summary>
public sealed class LogVerifyTests : IDisposable
{
    private readonly LogBench _bench = new();

    public LogVerifyTests() => MetaPropertiesFile.Write(_bench.Files, _bench.Root, 1, "cluster");

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("data")]
    [InlineData("crashed")]
    public async Task A_directory_that_kafka_wrote_is_whole(string directory)
    {
        KafkaSample.Unpack(_bench.Root);
        var report = await VerifyAsync(Path.Combine(_bench.Root, directory));
        Assert.Empty(report.AllFlaws);
        Assert.Equal(10, report.Partitions.Count);
        Assert.True(report.Partitions.Sum(p => p.Records) > 3000);
    }

    [Fact]
    public async Task A_log_of_ours_is_whole_and_verifying_changes_nothing()
    {
        WriteLog();
        var before = Listing();
        var report = await VerifyAsync(_bench.Root);
        Assert.Empty(report.AllFlaws);
        Assert.Equal(80, Assert.Single(report.Partitions).Records);
        Assert.Equal(before, Listing());
    }

    [Theory]
    [InlineData("ours", "t-0", 1000)]
    [InlineData("data", "plain-0", 250)]
    [InlineData("data", "headers-0", 250)]
    [InlineData("data", "idempotent-0", 250)]
    [InlineData("data", "txn-0", 250)]
    public async Task Every_flipped_bit_in_closed_segments_is_found(string directory, string partition, int flips)
    {
        var root = _bench.Root;
        if (directory == "ours")
            WriteLog();
        else
        {
            KafkaSample.Unpack(root);
            root = Path.Combine(root, directory);
        }
        var path = Path.Combine(root, partition);
        var whole = await VerifyAsync(path);
        Assert.Empty(whole.AllFlaws);
        Assert.Empty(whole.Partitions[0].Notes);
        var last = Directory.GetFiles(path, "*.log").Max(StringComparer.Ordinal)!;
        var closed = Directory.GetFiles(path).Where(f => char.IsAsciiDigit(Path.GetFileName(f)[0]) && new FileInfo(f).Length > 0
            && string.CompareOrdinal(Path.GetFileName(f)[..20], Path.GetFileName(last)[..20]) < 0).Order(StringComparer.Ordinal).ToArray();
        var random = new Random(4);
        var missed = new List<string>();
        for (var i = 0; i < flips; i++)
        {
            var file = closed[random.Next(closed.Length)];
            var bytes = File.ReadAllBytes(file);
            var (at, bit) = (random.Next(bytes.Length), random.Next(8));
            bytes[at] ^= (byte)(1 << bit);
            File.WriteAllBytes(file, bytes);
            var report = await VerifyAsync(path);
            if (!report.AllFlaws.Any() && report.Partitions[0].Notes.Count == 0)
                missed.Add(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)} byte {at} bit {bit}"));
            bytes[at] ^= (byte)(1 << bit);
            File.WriteAllBytes(file, bytes);
        }
        Assert.True(missed.Count == 0, $"{missed.Count} of {flips} flips were not found: {string.Join("; ", missed.Take(10))}");
    }

    [Fact]
    public async Task A_flaw_names_file_byte_offset_and_meaning_and_what_follows_is_checked_too()
    {
        WriteLog();
        var path = Path.Combine(_bench.Partition, "00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        var first = (int)new RecordBatch(bytes).Length;
        bytes[first + RecordBatch.MagicAt] = 9; // the walk stops here and goes on where the index leads
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        var flaws = (await VerifyAsync(_bench.Root)).AllFlaws.ToList();
        Assert.All(flaws.Take(2), f => Assert.Equal(path, f.File));
        Assert.Equal((first, 2L), (flaws[0].Position, flaws[0].Offset));
        Assert.Contains("magic is 9", flaws[0].What, StringComparison.Ordinal);
        Assert.Contains(flaws, f => f.What.Contains("CRC", StringComparison.Ordinal));
        Assert.All(flaws, f => Assert.NotEmpty(f.Meaning));
        var single = await VerifyAsync(path);
        Assert.All(single.AllFlaws, f => Assert.Equal(path, f.File));
        Assert.NotEmpty(single.AllFlaws);
    }

    [Fact]
    public async Task A_growing_tail_is_noted_and_after_an_orderly_stop_it_is_a_flaw()
    {
        WriteLog();
        var last = Directory.GetFiles(_bench.Partition, "*.log").Max(StringComparer.Ordinal)!;
        File.WriteAllBytes(last, [.. File.ReadAllBytes(last), .. LogBench.Batch().AsSpan(0, 70)]);
        var running = await VerifyAsync(_bench.Root);
        Assert.Empty(running.AllFlaws);
        Assert.Contains("running broker", Assert.Single(Assert.Single(running.Partitions).Notes).Meaning, StringComparison.Ordinal);
        CleanShutdownMark.Write(_bench.Files, _bench.Root, 1);
        Assert.NotEmpty((await VerifyAsync(_bench.Root)).AllFlaws);
    }

    [Theory]
    [InlineData("recovery-point-offset-checkpoint", "0\n1\nt 0 81\n", 3)]
    [InlineData("replication-offset-checkpoint", "0\n1\nt 0 -5\n", 3)]
    [InlineData("log-start-offset-checkpoint", "0\n1\nt 0 100\n", 3)]
    [InlineData("cleaner-offset-checkpoint", "0\n2\nt 0 1\n", 1)]
    [InlineData("t-0/leader-epoch-checkpoint", "0\n2\n0 0\n0 10\n", 4)]
    [InlineData("t-0/leader-epoch-checkpoint", "0\n1\n3 0\n", 0)]
    [InlineData("t-0/partition.metadata", "version: 0\ntopic_id: no\n", 1)]
    [InlineData("meta.properties", "version=0\nbroker.id=1\n", 1)]
    public async Task A_small_file_that_contradicts_the_log_is_named_with_its_line(string file, string content, long line)
    {
        WriteLog();
        CleanShutdownMark.Write(_bench.Files, _bench.Root, 1);
        Assert.Empty((await VerifyAsync(_bench.Root)).AllFlaws);
        await File.WriteAllTextAsync(Path.Combine(_bench.Root, file), content, TestContext.Current.CancellationToken);
        var flaw = (await VerifyAsync(_bench.Root)).AllFlaws.First();
        Assert.Equal(line, flaw.Position);
        if (line > 0) // an epoch that the batches do not have is told at the batch
            Assert.Equal(Path.Combine(_bench.Root, file), flaw.File);
    }

    [Fact]
    public async Task A_checkpoint_that_kafka_created_and_never_wrote_is_no_flaw()
    {
        WriteLog();
        await File.WriteAllTextAsync(Path.Combine(_bench.Root, "cleaner-offset-checkpoint"), "", TestContext.Current.CancellationToken);
        Assert.Empty((await VerifyAsync(_bench.Root)).AllFlaws);
    }

    [Fact]
    public async Task A_path_with_nothing_there_is_told() =>
        await Assert.ThrowsAsync<FileNotFoundException>(() => VerifyAsync(Path.Combine(_bench.Root, "nothing")));

    private Task<LogReport> VerifyAsync(string path) => new LogVerify(_bench.Files).VerifyAsync(path, 1, TestContext.Current.CancellationToken);

    private void WriteLog()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 1000, IndexIntervalBytes = 100 });
        for (var i = 0; i < 40; i++)
            log.AppendAsLeader(LogBench.Batch(2, 10, 1_700_000_000_000 + i * 10, (CompressionType)(i % 5)), i < 20 ? 0 : 1, AppendRules.FromClient(9));
    }

    private List<(string, long, DateTime, string)> Listing() =>
        [.. Directory.GetFiles(_bench.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => (f, new FileInfo(f).Length, File.GetLastWriteTimeUtc(f), Convert.ToHexString(File.ReadAllBytes(f))))];
}
