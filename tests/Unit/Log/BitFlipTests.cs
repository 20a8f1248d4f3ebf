using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>Row 16 of the fault matrix: a bit flips somewhere in a closed segment. It is never served as if it were good.</summary>
public sealed class BitFlipTests
{
    private const int Records = 300;

    private static readonly LogOptions Small = new() { SegmentBytes = 6000, IndexIntervalBytes = 500 };

    private readonly DiskBench _bench = new();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void A_thousand_flips_and_none_is_served(int seed, bool whileOpen)
    {
        var random = new Random(seed);
        var written = Fill();
        var closed = _bench.Disk.ListFiles(DiskBench.Partition).Where(n => n.EndsWith(".log", StringComparison.Ordinal)).SkipLast(1).ToList();
        Assert.InRange(closed.Count, 5, 50);
        var original = _bench.Disk;
        var (refused, lost) = (0, 0);
        for (var round = 0; round < 1000; round++)
        {
            _bench.Disk = original.Copy();
            using var open = whileOpen ? _bench.Open(Small, clean: true, recoveryPoint: Records) : null;
            var path = $"{DiskBench.Partition}/{closed[random.Next(closed.Count)]}";
            _bench.Disk.Flip(path, random.Next((int)_bench.Disk.FileLength(path)), (byte)(1 << random.Next(8)));
            using var log = open ?? _bench.Open(Small, clean: true, recoveryPoint: Records);
            var (served, errors) = ReadAll(log);
            foreach (var (offset, bytes) in served)
                Assert.True(written.TryGetValue(offset, out var good) && good.AsSpan().SequenceEqual(bytes), $"round {round}: wrong bytes served at {offset}");
            Assert.True(errors > 0, $"round {round}: {served.Count} of {written.Count} batches served and nothing was refused");
            refused++;
            lost += written.Count - served.Count;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"1000 flips: {refused} refused, {lost / 1000.0:F1} of {written.Count} batches unreadable on average, 0 served");
    }

    [Fact]
    public void Without_the_verification_a_flip_is_served()
    {
        Fill();
        var path = DiskBench.Partition + "/00000000000000000000.log";
        _bench.Disk.Flip(path, RecordBatch.HeaderSize + 10, 1);
        using var log = _bench.Open(Small with { VerifyReads = false }, clean: true, recoveryPoint: Records);
        Assert.Equal(0, ReadAll(log).Errors);
    }

    // as a stubborn consumer would: what is refused is passed over by one offset
    private static (Dictionary<long, byte[]> Served, int Errors) ReadAll(PartitionLog log)
    {
        var served = new Dictionary<long, byte[]>();
        var errors = 0;
        for (var next = log.LogStartOffset; next < log.LogEndOffset;)
        {
            try
            {
                using var read = log.Read(next, 1000, log.LogEndOffset, atLeastOneBatch: true);
                if (read.Records.IsEmpty)
                    break;
                DiskBench.Split(read.Records.Span, served);
                next = read.NextOffset;
            }
            catch (LogStorageException)
            {
                errors++;
                next++;
            }
        }
        return (served, errors);
    }

    private Dictionary<long, byte[]> Fill()
    {
        using var log = _bench.Open(Small);
        for (var i = 0; i < Records; i++)
            log.AppendAsLeader(LogBench.Batch(1, 150, 1000 + i, i % 3 == 0 ? CompressionType.Gzip : CompressionType.None), i / 100, AppendRules.FromClient(9));
        log.FlushForStop();
        return DiskBench.Batches(log);
    }
}
