using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Broker.Log.Inspection;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log.Compaction;

/// <summary>What readers see of a compacted log, and what lies on the disk.</summary>
public sealed class CompactionTests
{
    [Fact]
    public async Task The_last_value_of_every_key_stays_at_its_offset()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1", "b=1");
        bench.Append("a=2");
        bench.Append("c=1", "b=2", "a=3");
        bench.Roll();
        Assert.Equal(1, await bench.CleanAsync());
        Assert.Equal(["3 c=1", "4 b=2", "5 a=3"], bench.Read());
        Assert.Equal(0, await bench.CleanAsync());
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task A_batch_that_loses_records_keeps_its_codec_its_offsets_and_its_epoch(CompressionType codec)
    {
        await using var bench = new CompactionBench();
        bench.Append(codec, "a=1", "b=1", "c=1", "d=1");
        bench.Append("a=2", "d=2");
        bench.Roll();
        await bench.CleanAsync();
        var batch = new RecordBatch(bench.ReadBatches()[0]);
        Assert.Equal((codec, 0L, 3L, 2, 0), (batch.Compression, batch.BaseOffset, batch.LastOffset, batch.RecordCount, batch.PartitionLeaderEpoch));
        Assert.Equal(["1 b=1", "2 c=1", "4 a=2", "5 d=2"], bench.Read());
    }

    [Fact]
    public async Task The_active_segment_and_what_is_not_stable_are_left_alone()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1");
        bench.Append("a=2");
        Assert.Equal(0, await bench.CleanAsync());
        bench.Roll();
        bench.Stable = 1;
        Assert.Equal(0, await bench.CleanAsync());
        bench.Stable = null;
        Assert.Equal(1, await bench.CleanAsync());
        Assert.Equal(["1 a=2"], bench.Read());
    }

    [Fact]
    public async Task Records_without_a_key_go()
    {
        await using var bench = new CompactionBench(CompactionBench.Small with { CleanupCompact = false });
        var builder = new RecordBatchBuilder();
        builder.Add(1, null, new byte[3]);
        bench.Log.AppendAsLeader(builder.Build(), 0, AppendRules.FromClient(9));
        bench.Append("a=1");
        bench.Log.Options = CompactionBench.Small;
        bench.Roll();
        await bench.CleanAsync();
        Assert.Equal(["1 a=1"], bench.Read());
    }

    [Fact]
    public async Task A_tombstone_deletes_the_value_at_once_and_goes_itself_when_its_time_has_come()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1", "b=1");
        bench.Append("a", "c=1");
        bench.Roll();
        await bench.CleanAsync();
        Assert.Equal(["1 b=1", "2 a", "3 c=1"], bench.Read());
        var stamped = bench.ReadBatches().Single(b => new RecordBatch(b).BaseOffset == 2);
        Assert.Equal(bench.Time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000, new RecordBatch(stamped).DeleteHorizonMs);
        Assert.All(RecordBatchReader.Read(stamped), r => Assert.Equal(bench.Time.GetUtcNow().ToUnixTimeMilliseconds(), r.TimestampMs));

        bench.Time.Advance(TimeSpan.FromMilliseconds(59_999));
        bench.Roll();
        await bench.CleanAsync();
        Assert.Contains("2 a", bench.Read());
        bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        bench.Roll();
        await bench.CleanAsync();
        Assert.Equal(["1 b=1", "3 c=1"], bench.Read());
    }

    [Fact]
    public async Task A_value_younger_than_min_compaction_lag_stays()
    {
        await using var bench = new CompactionBench(CompactionBench.Small with { MinCompactionLagMs = 1000 });
        bench.Append("a=1");
        bench.Append("a=2");
        bench.Roll();
        Assert.Equal(0, await bench.CleanAsync());
        bench.Time.Advance(TimeSpan.FromMilliseconds(1001));
        Assert.Equal(1, await bench.CleanAsync());
        Assert.Equal(["1 a=2"], bench.Read());
    }

    [Fact]
    public async Task A_log_below_its_dirty_ratio_waits_unless_max_compaction_lag_has_passed()
    {
        await using var bench = new CompactionBench(CompactionBench.Small with { MinCleanableDirtyRatio = 1, MaxCompactionLagMs = 5000 });
        bench.Append("a=1");
        bench.Append("a=2");
        bench.Roll();
        Assert.Equal(0, await bench.CleanAsync());
        Assert.Equal(100, bench.Cleaner.Status.MaxDirtyPercent);
        bench.Time.Advance(TimeSpan.FromMilliseconds(5001));
        Assert.Equal(1, await bench.CleanAsync());
    }

    [Fact]
    public async Task Small_segments_grow_together_again()
    {
        await using var bench = new CompactionBench();
        for (var round = 0; round < 200; round++)
            bench.Append($"a={round}", $"b={new string('b', 60)}", $"c-{round}=");
        bench.Roll();
        var (before, bytes) = (bench.Log.SegmentCount, bench.Log.SizeBytes);
        await bench.CleanAsync();
        bench.Roll();
        await bench.CleanAsync();
        Assert.InRange(bench.Log.SegmentCount, 2, before - 5);
        Assert.InRange(bench.Log.SizeBytes, 1, bytes * 2 / 3);
        Assert.All(Directory.GetFiles(bench.PartitionPath, "*.log"), f => Assert.InRange(new FileInfo(f).Length, 0, 2000));
        Assert.Equal(202, bench.Read().Count);
    }

    [Fact]
    public async Task A_new_segment_reaches_up_to_the_next_one_also_when_its_last_records_went()
    {
        // recovery deletes what lies in the range of a finished swap, and a follower must not wait for offsets that nobody has
        await using var bench = new CompactionBench();
        for (var i = 0; i < 100; i++)
            bench.Append($"hot={i}" + new string('.', 100));
        bench.Roll();
        await bench.CleanAsync();
        var ends = Directory.GetFiles(bench.PartitionPath, "*.log").Order().Select(f => (Base: long.Parse(Path.GetFileName(f)[..20]), Bytes: File.ReadAllBytes(f))).ToList();
        Assert.True(ends.Count > 2);
        for (var i = 0; i + 1 < ends.Count; i++)
        {
            var at = 0;
            var next = 0L;
            for (; at < ends[i].Bytes.Length; at += (int)new RecordBatch(ends[i].Bytes.AsSpan(at)).Length)
                next = new RecordBatch(ends[i].Bytes.AsSpan(at)).NextOffset;
            Assert.Equal(ends[i + 1].Base, next);
        }
    }

    [Fact]
    public async Task A_map_without_room_cleans_as_far_as_it_goes_and_the_rest_next_time()
    {
        var tiny = new CleanerOptions { DedupeBufferBytes = 24 * 64, LoadFactor = 0.5 };
        await using var bench = new CompactionBench(cleaner: tiny);
        for (var i = 0; i < 300; i++)
            bench.Append($"k{i % 100}={i}");
        bench.Roll();
        Assert.True(await bench.CleanAsync() > 5);
        Assert.Equal(Enumerable.Range(200, 100).Select(i => $"{i} k{i % 100}={i}"), bench.Read());
    }

    [Fact]
    public async Task What_is_clean_is_remembered_over_restarts_and_forgotten_by_a_cut()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1");
        bench.Append("a=2");
        bench.Roll();
        await bench.CleanAsync();
        var clean = bench.Offsets.Find(CompactionBench.Id);
        Assert.Equal(bench.Log.LogEndOffset - 1, clean);
        await bench.ReopenAsync(clean: true);
        Assert.Equal(clean, bench.Offsets.Find(CompactionBench.Id));
        Assert.Equal(0, await bench.CleanAsync());
        bench.Log.TruncateTo(clean!.Value);
        Assert.Equal(clean, bench.Offsets.Find(CompactionBench.Id));
        bench.Log.TruncateTo(1);
        Assert.Null(bench.Offsets.Find(CompactionBench.Id));
        await bench.ReopenAsync(clean: false);
        Assert.Null(bench.Offsets.Find(CompactionBench.Id));
    }

    [Fact]
    public async Task A_deleted_partition_leaves_no_offset_behind()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1");
        bench.Roll();
        await bench.CleanAsync();
        Assert.NotNull(bench.Offsets.Find(CompactionBench.Id));
        bench.Delete();
        Assert.Null(bench.Offsets.Find(CompactionBench.Id));
    }

    [Fact]
    public async Task A_cut_while_it_is_cleaned_ends_the_round_and_nothing_that_was_cut_comes_back()
    {
        // one lock to look, one to swap, one to note how far it is clean, one more look
        for (var at = 1; at <= 3; at++)
        {
            await using var bench = new CompactionBench();
            bench.Append("a=1");
            bench.Append("a=2");
            bench.Append("b=1");
            bench.Roll();
            var locks = 0;
            bench.BeforeLock = () =>
            {
                if (++locks == at)
                    bench.Log.TruncateTo(2);
            };
            await bench.CleanAsync();
            bench.BeforeLock = null;
            Assert.Empty(bench.Cleaner.Status.Uncleanable);
            Assert.Equal("1 a=2", bench.Read()[^1]);
            Assert.Equal(2, bench.Append("c=1"));
            await bench.ReopenAsync(clean: false);
            Assert.Equal(["1 a=2", "2 c=1"], bench.Read()[^2..]);
            Assert.Empty(Directory.GetFiles(bench.PartitionPath, "*.cleaned"));
        }
    }

    [Fact]
    public async Task A_partition_deleted_while_it_is_cleaned_is_no_failure()
    {
        for (var at = 2; at < 5; at++)
        {
            await using var bench = new CompactionBench();
            bench.Append("a=1");
            bench.Append("a=2");
            bench.Roll();
            var locks = 0;
            bench.BeforeLock = () =>
            {
                if (++locks != at)
                    return;
                bench.IsStopped = true;
                bench.Delete();
            };
            await bench.CleanAsync();
            Assert.Empty(bench.Cleaner.Status.Uncleanable);
        }
    }

    [Fact]
    public async Task A_broken_batch_makes_its_partition_uncleanable_and_is_not_written_anew()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1");
        bench.Append("a=2");
        bench.Roll();
        var path = Path.Combine(bench.PartitionPath, "00000000000000000000.log");
        var bytes = File.ReadAllBytes(path);
        bytes[65] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(0, await bench.CleanAsync());
        Assert.Contains("CRC", bench.Cleaner.Status.Uncleanable[CompactionBench.Id], StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.Empty(Directory.GetFiles(bench.PartitionPath, "*.cleaned"));
        Assert.Equal(0, await bench.CleanAsync());
    }

    [Fact]
    public async Task Old_files_are_removed_after_their_delay_and_reads_go_on_meanwhile()
    {
        await using var bench = new CompactionBench(CompactionBench.Small with { FileDeleteDelayMs = 1000 });
        bench.Append("a=1");
        bench.Append("a=2");
        bench.Roll();
        using var lease = bench.Log.Read(0, 1000, bench.Log.LogEndOffset, atLeastOneBatch: true);
        var before = lease.Records.ToArray();
        await bench.CleanAsync();
        Assert.NotEmpty(Directory.GetFiles(bench.PartitionPath, "*.deleted"));
        Assert.Equal(before, lease.Records.ToArray());
        bench.Time.Advance(TimeSpan.FromMilliseconds(1001));
        bench.Log.RestIdleSegments();
        Assert.Empty(Directory.GetFiles(bench.PartitionPath, "*.deleted"));
        Assert.Equal(["1 a=2"], bench.Read());
    }

    [Fact]
    public async Task Compact_and_delete_also_deletes_by_age()
    {
        await using var bench = new CompactionBench(CompactionBench.Small with { CleanupDelete = true, RetentionMs = 10_000 });
        bench.Append("a=1");
        bench.Roll();
        bench.Time.Advance(TimeSpan.FromMilliseconds(10_001));
        await bench.CleanAsync();
        Assert.Empty(bench.Read());
        Assert.True(bench.Log.LogStartOffset > 0);
    }

    [Fact]
    public async Task A_log_start_that_moved_is_where_the_next_cleaning_begins()
    {
        await using var bench = new CompactionBench();
        for (var i = 0; i < 60; i++)
            bench.Append($"k{i % 5}={i}");
        bench.Roll();
        await bench.CleanAsync();
        bench.Log.MoveLogStart(bench.Log.LogEndOffset);
        bench.Append("k1=new");
        bench.Roll();
        Assert.Equal(1, await bench.CleanAsync());
        Assert.Equal("k1=new", Assert.Single(bench.Read()).Split(' ')[1]);
    }

    [Fact]
    public async Task The_log_verifies_after_cleaning_and_opens_without_its_indexes()
    {
        await using var bench = new CompactionBench();
        for (var i = 0; i < 200; i++)
            bench.Append($"k{i % 37}={i}", $"x{i % 11}={i}");
        bench.Roll();
        await bench.CleanAsync();
        var expected = bench.Read();
        Assert.Empty((await new LogVerify(new DiskLogFiles()).VerifyAsync(bench.PartitionPath, 1, TestContext.Current.CancellationToken)).AllFlaws);
        await bench.ReopenAsync(clean: true);
        Assert.Equal(expected, bench.Read());
        foreach (var index in Directory.GetFiles(bench.PartitionPath, "*index"))
            File.Delete(index);
        await bench.ReopenAsync(clean: false);
        Assert.Equal(expected, bench.Read());
    }
}
