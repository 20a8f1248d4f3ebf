using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

public sealed class PartitionLogTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_leader_gives_offsets_and_the_epoch()
    {
        using var log = _bench.Open();
        Assert.Equal(new LogAppend(0, 2, -1, 0, 1, LogBench.Batch(3).Length), LogBench.Append(log, 3, epoch: 4));
        Assert.Equal(3, LogBench.Append(log, 2, epoch: 4).FirstOffset);
        Assert.Equal(5, log.LogEndOffset);
        Assert.Equal(4, log.LatestEpoch);
        Assert.True(RecordBatch.TryRead(LogBench.Copy(log, 3), out var batch));
        Assert.Equal((3L, 4, true), (batch.BaseOffset, batch.PartitionLeaderEpoch, batch.CrcIsValid));
    }

    [Fact]
    public void A_topic_that_stamps_on_append_tells_its_time()
    {
        using var log = _bench.Open(new LogOptions { AppendTime = true });
        Assert.Equal(1_700_000_060_000, LogBench.Append(log).LogAppendTimeMs);
        Assert.Equal(1_700_000_060_000, RecordBatchReader.ReadAll(LogBench.Copy(log, 0))[0].TimestampMs);
    }

    [Fact]
    public void Topic_compression_is_applied()
    {
        using var log = _bench.Open(new LogOptions { CompressionType = "zstd" });
        LogBench.Append(log, 5);
        Assert.Equal(CompressionType.Zstd, new RecordBatch(LogBench.Copy(log, 0)).Compression);
        Assert.Equal([0, 1, 2, 3, 4], LogBench.Offsets(log));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(6)]
    public void Zstd_is_refused_from_producers_that_are_too_old_for_it(short version)
    {
        using var log = _bench.Open();
        var batch = LogBench.Batch(compression: CompressionType.Zstd);
        if (version >= 7)
            Assert.Equal(0, log.AppendAsLeader(batch, 0, AppendRules.FromClient(version)).FirstOffset);
        else
            Assert.Equal(ErrorCode.UnsupportedCompressionType, Refused(log, batch, version).Code);
    }

    [Fact]
    public void A_compacted_topic_names_the_records_without_key()
    {
        using var log = _bench.Open(new LogOptions { CleanupCompact = true });
        var builder = new RecordBatchBuilder();
        builder.Add(0, "k"u8.ToArray(), null);
        builder.Add(0, null, null);
        var e = Refused(log, builder.Build());
        Assert.Equal(ErrorCode.InvalidRecord, e.Code);
        Assert.Equal(1, Assert.Single(e.RecordErrors).Index);
    }

    [Theory]
    [InlineData(-1001, true)]
    [InlineData(-1000, false)]
    [InlineData(500, false)]
    [InlineData(501, true)]
    public void Timestamps_outside_of_the_window_are_refused(long fromNow, bool refused)
    {
        using var log = _bench.Open(new LogOptions { TimestampBeforeMaxMs = 1000, TimestampAfterMaxMs = 500 });
        var batch = LogBench.Batch(timestamp: 1_700_000_060_000 + fromNow);
        if (refused)
            Assert.Equal(ErrorCode.InvalidTimestamp, Refused(log, batch).Code);
        else
            log.AppendAsLeader(batch, 0, AppendRules.FromClient(9));
    }

    [Fact]
    public void Batches_above_the_limits_are_refused()
    {
        using var log = _bench.Open(new LogOptions { MaxMessageBytes = 500, SegmentBytes = 300 });
        Assert.Equal(ErrorCode.MessageTooLarge, Refused(log, LogBench.Batch(valueBytes: 600)).Code);
        Assert.Equal(ErrorCode.RecordListTooLarge, Refused(log, LogBench.Batch(valueBytes: 350)).Code);
    }

    [Fact]
    public void A_follower_stores_the_leaders_bytes_and_epochs()
    {
        using var other = new LogBench();
        using var leader = other.Open();
        LogBench.Append(leader, 3, epoch: 1);
        LogBench.Append(leader, 2, epoch: 1);
        LogBench.Append(leader, 2, epoch: 5);
        using var follower = _bench.Open();
        var bytes = LogBench.Copy(leader, 0);
        var append = follower.AppendAsFollower(bytes);
        Assert.Equal((0, 6, 3), (append.FirstOffset, append.LastOffset, append.Batches));
        Assert.Equal(bytes, LogBench.Copy(follower, 0));
        Assert.Equal((1, 5L), follower.EndOffsetFor(3));
        Assert.Equal((5, 7L), follower.EndOffsetFor(5));
    }

    [Fact]
    public void A_follower_refuses_batches_that_do_not_follow_or_are_spoiled()
    {
        using var other = new LogBench();
        using var leader = other.Open();
        LogBench.Append(leader, 3);
        using var follower = _bench.Open();
        var bytes = LogBench.Copy(leader, 0);
        follower.AppendAsFollower(bytes);
        Assert.Equal(ErrorCode.OffsetOutOfRange, Assert.Throws<LogAppendException>(() => follower.AppendAsFollower(bytes)).Code);
        LogBench.Append(leader, 3);
        var next = LogBench.Copy(leader, 3);
        next[70] ^= 1;
        Assert.Equal(ErrorCode.CorruptMessage, Assert.Throws<LogAppendException>(() => follower.AppendAsFollower(next)).Code);
        Assert.Equal(3, follower.LogEndOffset);
    }

    [Fact]
    public void A_cut_last_batch_from_the_leader_is_left_out()
    {
        using var other = new LogBench();
        using var leader = other.Open();
        LogBench.Append(leader, 3);
        LogBench.Append(leader, 3);
        using var follower = _bench.Open();
        Assert.Equal(1, follower.AppendAsFollower(LogBench.Copy(leader, 0).AsMemory()[..^1]).Batches);
        Assert.Equal(0, follower.AppendAsFollower(LogBench.Copy(leader, 3).AsMemory()[..^1]).Batches);
        Assert.Equal(3, follower.LogEndOffset);
    }

    [Fact]
    public void A_segment_is_rolled_when_it_would_grow_past_its_size()
    {
        var size = LogBench.Batch().Length;
        using var log = _bench.Open(new LogOptions { SegmentBytes = size * 3 });
        for (var i = 0; i < 7; i++)
            LogBench.Append(log);
        Assert.Equal(3, log.SegmentCount);
        Assert.Equal(["00000000000000000000.log", "00000000000000000003.log", "00000000000000000006.log"],
            Directory.GetFiles(_bench.Partition, "*.log").Select(Path.GetFileName).Order());
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], LogBench.Offsets(log));
    }

    [Fact]
    public void A_segment_is_rolled_when_its_records_span_too_much_time()
    {
        using var log = _bench.Open(new LogOptions { SegmentMs = 1000 });
        LogBench.Append(log, timestamp: 5000);
        LogBench.Append(log, timestamp: 6000);
        Assert.Equal(1, log.SegmentCount);
        LogBench.Append(log, timestamp: 6001);
        Assert.Equal(2, log.SegmentCount);
    }

    [Fact]
    public void A_segment_is_rolled_when_its_index_is_full()
    {
        using var log = _bench.Open(new LogOptions { IndexIntervalBytes = 0, IndexMaxBytes = 3 * 12 });
        for (var i = 0; i < 10; i++)
            LogBench.Append(log, timestamp: 1000 + i);
        Assert.InRange(log.SegmentCount, 3, 5);
        Assert.Equal(10, LogBench.Offsets(log).Count);
    }

    [Fact]
    public void A_follower_rolls_when_an_offset_is_too_far_from_the_segments_base()
    {
        using var log = _bench.Open();
        log.AppendAsFollower(At(0));
        log.AppendAsFollower(At(1L << 31));
        log.AppendAsFollower(At(1L << 40));
        Assert.Equal(3, log.SegmentCount);
        Assert.Equal([0, 1L << 31, 1L << 40], LogBench.Offsets(log));

        static byte[] At(long offset)
        {
            var batch = LogBench.Batch();
            RecordBatch.SetBaseOffset(batch, offset);
            return batch;
        }
    }

    [Fact]
    public void Reads_keep_to_their_bounds()
    {
        using var log = _bench.Open();
        var size = LogBench.Append(log, 2).Bytes;
        LogBench.Append(log, 2);
        LogBench.Append(log, 2);
        Assert.Equal((2 * size, 4L), Sizes(log, 0, 2 * size, 6, false));
        Assert.Equal((2 * size, 4L), Sizes(log, 1, 3 * size - 1, 6, false));
        Assert.Equal((2 * size, 4L), Sizes(log, 0, 3 * size, 4, false));
        Assert.Equal((2 * size, 4L), Sizes(log, 0, 3 * size, 5, false));
        Assert.Equal((0, 0L), Sizes(log, 0, size - 1, 6, false));
        Assert.Equal((size, 2L), Sizes(log, 0, 1, 6, true));
        Assert.Equal((0, 4L), Sizes(log, 4, 1000, 4, true));
        Assert.Equal((0, 5L), Sizes(log, 5, 1000, 4, true));
        Assert.Equal((0, 6L), Sizes(log, 6, 1000, 6, true));
        Assert.Throws<OffsetOutOfRangeException>(() => log.Read(7, 1000, 6, true));
        Assert.Throws<OffsetOutOfRangeException>(() => log.Read(-1, 1000, 6, true));
    }

    [Fact]
    public void A_read_in_a_large_segment_begins_at_the_batch_that_holds_the_offset()
    {
        using var log = _bench.Open(new LogOptions { IndexIntervalBytes = 500 });
        for (var i = 0; i < 300; i++)
            LogBench.Append(log, 3, valueBytes: i % 7 * 100);
        for (var offset = 0; offset < 900; offset += 7)
            Assert.Equal(offset / 3 * 3, new RecordBatch(LogBench.Copy(log, offset, 1)).BaseOffset);
    }

    [Fact]
    public void Records_are_found_by_time()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 1000, IndexIntervalBytes = 200 });
        for (var i = 0; i < 60; i++)
            LogBench.Append(log, 2, epoch: i / 30, timestamp: 10_000 + i * 10);
        Assert.True(log.SegmentCount > 3);
        Assert.Equal((0L, 10_000L, 0), log.FindByTimestamp(0, 120));
        Assert.Equal((2L, 10_010L, 0), log.FindByTimestamp(10_002, 120));
        Assert.Equal((81L, 10_401L, 1), log.FindByTimestamp(10_401, 120));
        Assert.Equal((119L, 10_591L, 1), log.FindByTimestamp(10_591, 120));
        Assert.Null(log.FindByTimestamp(10_592, 120));
        Assert.Null(log.FindByTimestamp(10_591, 119));
        Assert.Equal((119L, 10_591L, 1), log.MaxTimestamp(120));
    }

    [Fact]
    public void Old_segments_go_by_time_and_the_log_start_follows()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 200, RetentionMs = 60_000 });
        for (var i = 0; i < 6; i++)
            LogBench.Append(log, timestamp: 1_700_000_000_000 - 1 + i / 3);
        var segments = log.SegmentCount;
        Assert.True(segments > 2);
        Assert.Equal(0, log.ApplyRetention(upTo: 0));
        var deleted = log.ApplyRetention(upTo: 6);
        Assert.InRange(deleted, 1, segments - 1);
        Assert.Equal(log.FirstSegmentOffset, log.LogStartOffset);
        Assert.True(log.LogStartOffset > 0);
        Assert.Throws<OffsetOutOfRangeException>(() => log.Read(0, 100, 6, true));
        Assert.Equal(deleted, Directory.GetFiles(_bench.Partition, "*.log.deleted").Length);
        _bench.Time.Advance(TimeSpan.FromMinutes(2));
        log.RestIdleSegments();
        Assert.Empty(Directory.GetFiles(_bench.Partition, "*.deleted"));
    }

    [Fact]
    public void A_log_whose_records_are_all_too_old_becomes_empty_but_keeps_its_end()
    {
        using var log = _bench.Open(new LogOptions { RetentionMs = 1000 });
        LogBench.Append(log, 5);
        Assert.Equal(1, log.ApplyRetention(upTo: 5));
        Assert.Equal((5, 5), (log.LogStartOffset, log.LogEndOffset));
        Assert.Equal(5, LogBench.Append(log).FirstOffset);
    }

    [Fact]
    public void Old_segments_go_by_size()
    {
        var size = LogBench.Batch().Length;
        using var log = _bench.Open(new LogOptions { SegmentBytes = size, RetentionBytes = 3 * size, RetentionMs = -1 });
        for (var i = 0; i < 10; i++)
            LogBench.Append(log);
        Assert.Equal(7, log.ApplyRetention(upTo: 10));
        Assert.Equal((7L, 3L * size), (log.LogStartOffset, log.SizeBytes));
    }

    [Fact]
    public void Segments_below_a_raised_log_start_go_also_without_the_delete_policy()
    {
        var size = LogBench.Batch().Length;
        using var log = _bench.Open(new LogOptions { SegmentBytes = 2 * size, CleanupDelete = false });
        for (var i = 0; i < 10; i++)
            LogBench.Append(log);
        log.MoveLogStart(5);
        Assert.Equal(2, log.ApplyRetention(upTo: 10));
        Assert.Equal((5L, 4L), (log.LogStartOffset, log.FirstSegmentOffset));
        Assert.Throws<OffsetOutOfRangeException>(() => log.Read(4, 100, 10, true));
        Assert.Throws<OffsetOutOfRangeException>(() => log.MoveLogStart(11));
    }

    [Fact]
    public void A_full_disk_takes_the_log_offline()
    {
        var files = new FailingLogFiles(_bench.Files);
        using var log = PartitionLog.Open(_bench.Partition, LogBench.Id, new LogOptions(), files, _bench.Time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, false, 0);
        LogBench.Append(log, 2);
        files.Broken = true;
        Assert.Throws<LogStorageException>(() => LogBench.Append(log));
        files.Broken = false;
        Assert.True(log.IsOffline);
        Assert.Throws<LogStorageException>(() => LogBench.Append(log));
        Assert.Throws<LogStorageException>(() => log.Read(0, 100, 2, true));
        Assert.Equal(2, log.LogEndOffset);
    }

    private static (int Bytes, long Next) Sizes(PartitionLog log, long offset, int maxBytes, long upTo, bool atLeastOne)
    {
        using var read = log.Read(offset, maxBytes, upTo, atLeastOne);
        return (read.Records.Length, read.NextOffset);
    }

    private static LogAppendException Refused(PartitionLog log, byte[] batch, short version = 9)
    {
        var e = Assert.Throws<LogAppendException>(() => log.AppendAsLeader(batch, 0, AppendRules.FromClient(version)));
        Assert.Equal(0, log.LogEndOffset);
        return e;
    }
}
