using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>A log is written, the process dies (nothing is closed in order), bytes are spoiled, and it is opened again.</summary>
public sealed class RecoveryTests : IDisposable
{
    private static readonly LogOptions Small = new() { SegmentBytes = 1000, IndexIntervalBytes = 100 };

    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_last_batch_torn_at_any_byte_is_cut()
    {
        int whole, last;
        using (var log = _bench.Open())
        {
            LogBench.Append(log, 3);
            whole = (int)log.SizeBytes;
            last = LogBench.Append(log, 2).Bytes;
        }
        var path = Path.Combine(_bench.Partition, "00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        for (var kept = 0; kept < last; kept++)
        {
            File.WriteAllBytes(path, bytes[..(whole + kept)]);
            using var log = _bench.Open();
            Assert.Equal((3, whole), (log.LogEndOffset, log.SizeBytes));
            Assert.Equal([0, 1, 2], LogBench.Offsets(log));
        }
    }

    [Fact]
    public void A_last_batch_with_any_byte_spoiled_is_cut_or_has_its_unchecked_fields_only()
    {
        int whole;
        using (var log = _bench.Open())
        {
            LogBench.Append(log, 3);
            whole = (int)log.SizeBytes;
            LogBench.Append(log, 2);
        }
        var path = Path.Combine(_bench.Partition, "00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        for (var at = whole; at < bytes.Length; at++)
        {
            var spoiled = (byte[])bytes.Clone();
            spoiled[at] ^= 0x40;
            File.WriteAllBytes(path, spoiled);
            using var log = _bench.Open();
            // the CRC covers neither base offset nor leader epoch; an offset that still rises cannot be told from one after compaction
            var covered = at - whole is not ((>= 0 and < 8) or (>= 12 and < 16));
            if (covered)
                Assert.Equal(3, log.LogEndOffset);
            Assert.Equal([0, 1, 2], LogBench.Offsets(log).Take(3));
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(60, false)]
    [InlineData(5000, false)]
    [InlineData(1, true)]
    [InlineData(16, true)]
    [InlineData(5000, true)]
    [InlineData(300_000, true)]
    public void A_tail_of_garbage_or_zeros_is_cut(int length, bool zeros)
    {
        using (var log = _bench.Open())
            LogBench.Append(log, 3);
        var tail = new byte[length];
        if (!zeros)
            new Random(1).NextBytes(tail);
        Append("00000000000000000000.log", tail);
        using var again = _bench.Open();
        Assert.Equal(3, again.LogEndOffset);
        Assert.Equal(3, LogBench.Append(again).FirstOffset);
        Assert.Equal([0, 1, 2, 3], LogBench.Offsets(again));
    }

    [Fact]
    public void A_flaw_in_the_middle_ends_the_log_there_and_deletes_later_segments()
    {
        Fill(100);
        var second = Segments()[1];
        var bytes = File.ReadAllBytes(second);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(second, bytes);
        using var log = _bench.Open(Small);
        Assert.Equal(2, log.SegmentCount);
        Assert.InRange(log.LogEndOffset, BaseOf(second), BaseOf(second) + 20);
        Assert.Equal(log.LogEndOffset, LogBench.Offsets(log).Count);
        Assert.Equal(2, Directory.GetFiles(_bench.Partition, "*.index").Length);
    }

    [Fact]
    public void Segments_below_the_recovery_point_are_not_scanned()
    {
        Fill(100);
        var segments = Segments();
        var bytes = File.ReadAllBytes(segments[0]);
        bytes[80] ^= 1;
        File.WriteAllBytes(segments[0], bytes);
        using var log = _bench.Open(Small, recoveryPoint: BaseOf(segments[2]));
        Assert.Equal((100, segments.Length), (log.LogEndOffset, log.SegmentCount));
    }

    [Fact]
    public void After_a_clean_shutdown_nothing_is_scanned()
    {
        Fill(100);
        var bytes = File.ReadAllBytes(Segments()[0]);
        bytes[80] ^= 1;
        File.WriteAllBytes(Segments()[0], bytes);
        using var log = _bench.Open(Small, clean: true, recoveryPoint: 100);
        Assert.Equal(100, log.LogEndOffset);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("cut")]
    [InlineData("garbage")]
    [InlineData("falling")]
    public void Indexes_that_are_missing_or_broken_are_rebuilt(string damage)
    {
        Fill(100);
        var before = Indexes().ToDictionary(p => p, File.ReadAllBytes);
        foreach (var clean in new[] { true, false })
        {
            foreach (var path in before.Keys)
                Damage(path, damage);
            using (var log = _bench.Open(Small, clean, recoveryPoint: clean ? 100 : 50))
            {
                Assert.Equal(100, LogBench.Offsets(log).Count);
                Assert.Equal(57, log.FindByTimestamp(1057, 100)!.Value.Offset);
            }
            // an empty index is a right one, only slow: nothing says it should hold more
            if (damage != "empty")
                Assert.All(before, p => Assert.Equal(p.Value, File.ReadAllBytes(p.Key)));
        }
    }

    [Fact]
    public void Indexes_without_a_log_and_files_marked_for_deletion_go()
    {
        Fill(10);
        foreach (var name in new[] { "00000000000000009999.index", "00000000000000009999.timeindex", "00000000000000000500.log.deleted", "00000000000000000000.log.cleaned" })
            File.WriteAllBytes(Path.Combine(_bench.Partition, name), [1, 2, 3]);
        using var log = _bench.Open(Small);
        Assert.Equal(10, LogBench.Offsets(log).Count);
        Assert.DoesNotContain(Directory.GetFiles(_bench.Partition), p => p.Contains("9999", StringComparison.Ordinal) || p.EndsWith("ed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_finished_swap_takes_the_place_of_the_segments_it_was_made_from()
    {
        Fill(100);
        var segments = Segments();
        // segments 0 and 1 compacted into one, under the name of the first
        var joined = File.ReadAllBytes(segments[0]).Concat(File.ReadAllBytes(segments[1])).ToArray();
        File.WriteAllBytes(segments[0] + ".swap", joined);
        using var log = _bench.Open(Small);
        Assert.Equal(segments.Length - 1, log.SegmentCount);
        Assert.Equal(100, LogBench.Offsets(log).Count);
    }

    [Fact]
    public void A_log_that_ends_below_its_checkpointed_start_begins_anew_there()
    {
        Fill(10);
        using var log = _bench.Open(Small, logStart: 500);
        Assert.Equal((500, 500), (log.LogStartOffset, log.LogEndOffset));
    }

    [Fact]
    public void An_epoch_whose_records_were_lost_is_forgotten()
    {
        using (var log = _bench.Open())
        {
            LogBench.Append(log, 3, epoch: 1);
            LogBench.Append(log, 3, epoch: 2);
        }
        var path = Path.Combine(_bench.Partition, "00000000000000000000.log");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        using var again = _bench.Open();
        Assert.Equal((1, (1, 3L)), (again.LatestEpoch, again.EndOffsetFor(1)));
    }

    [Theory]
    [InlineData("v0 none")]
    [InlineData("v1 none")]
    [InlineData("v1 gzip")]
    public void Messages_of_older_formats_are_refused_and_left_as_they_are(string name)
    {
        Fill(3);
        var bytes = ClassicBroker.Unit.Records.GoldenBatches.Bytes(name);
        Append("00000000000000000000.log", bytes);
        var length = new FileInfo(Segments()[0]).Length;
        Assert.Contains("format 0 or 1", Assert.Throws<LogStorageException>(() => _bench.Open(Small)).Message, StringComparison.Ordinal);
        Assert.Equal(length, new FileInfo(Segments()[0]).Length);
    }

    [Fact]
    public void Flush_moves_the_recovery_point()
    {
        using var log = _bench.Open();
        LogBench.Append(log, 3);
        Assert.Equal(0, log.RecoveryPoint);
        log.Flush();
        Assert.Equal(3, log.RecoveryPoint);
        log.TruncateTo(0);
        Assert.Equal(0, log.RecoveryPoint);
    }

    [Fact]
    public void A_log_with_many_records_a_flush_is_flushed()
    {
        using var log = _bench.Open(new LogOptions { FlushMessages = 5 });
        LogBench.Append(log, 4);
        Assert.Equal(0, log.RecoveryPoint);
        LogBench.Append(log, 1);
        Assert.Equal(5, log.RecoveryPoint);
    }

    private void Fill(int records)
    {
        using var log = _bench.Open(Small);
        for (var i = 0; i < records; i++)
            LogBench.Append(log, timestamp: 1000 + i);
    }

    private string[] Segments() => [.. Directory.GetFiles(_bench.Partition, "*.log").Order()];

    private string[] Indexes() => [.. Directory.GetFiles(_bench.Partition, "*index").Order()];

    private static long BaseOf(string path) => long.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture);

    private void Append(string name, byte[] bytes)
    {
        using var file = new FileStream(Path.Combine(_bench.Partition, name), FileMode.Append);
        file.Write(bytes);
    }

    private static void Damage(string path, string damage)
    {
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : new byte[24];
        switch (damage)
        {
            case "missing":
                File.Delete(path);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "cut":
                File.WriteAllBytes(path, bytes.Length == 0 ? [1] : bytes[..^1]);
                break;
            case "garbage":
                new Random(9).NextBytes(bytes);
                File.WriteAllBytes(path, bytes.Length == 0 ? [1, 2, 3] : bytes);
                break;
            case "falling":
                var entry = path.EndsWith(".index", StringComparison.Ordinal) ? 8 : 12;
                File.WriteAllBytes(path, bytes.Length < 2 * entry ? [1] : [.. bytes[entry..(2 * entry)], .. bytes[..entry], .. bytes[(2 * entry)..]]);
                break;
        }
    }
}
