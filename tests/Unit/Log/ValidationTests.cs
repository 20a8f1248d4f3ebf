using System.Text;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>What an append looks into, what it changes, and what that may cost.</summary>
public sealed class ValidationTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    public static IEnumerable<TheoryDataRow<CompressionType>> Codecs => Enum.GetValues<CompressionType>().Select(c => new TheoryDataRow<CompressionType>(c));

    public static IEnumerable<TheoryDataRow<CompressionType>> Compressing => Codecs.Where(c => c.Data != CompressionType.None);

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_batch_is_brought_to_the_topics_codec_and_stays_the_same_otherwise(CompressionType from)
    {
        foreach (var (setting, to) in new[] { ("producer", from), ("uncompressed", CompressionType.None), ("gzip", CompressionType.Gzip),
            ("snappy", CompressionType.Snappy), ("lz4", CompressionType.Lz4), ("zstd", CompressionType.Zstd) })
        {
            using var bench = new LogBench();
            using var log = bench.Open(new LogOptions { CompressionType = setting });
            var sent = Text(from, 50);
            log.AppendAsLeader(sent.AsSpan().ToArray(), 3, AppendRules.FromClient(9));
            var stored = LogBench.Copy(log, 0);
            var before = new RecordBatch(sent);
            var after = new RecordBatch(stored);
            Assert.True(after.CrcIsValid);
            Assert.Equal(to, after.Compression);
            Assert.Equal((before.ProducerId, before.ProducerEpoch, before.BaseSequence, before.RecordCount), (after.ProducerId, after.ProducerEpoch, after.BaseSequence, after.RecordCount));
            Assert.Equal((before.BaseTimestamp, before.MaxTimestamp, before.LastOffsetDelta), (after.BaseTimestamp, after.MaxTimestamp, after.LastOffsetDelta));
            Assert.Equal(Contents(sent), Contents(stored));
        }
    }

    [Theory]
    [InlineData("gzip", "compression.gzip.level", "1", "9")]
    [InlineData("zstd", "compression.zstd.level", "-50", "19")]
    [InlineData("lz4", "compression.lz4.level", "9", "17")]
    public void The_level_is_the_topics(string codec, string key, string low, string high)
    {
        int Size(string level)
        {
            using var bench = new LogBench();
            using var log = bench.Open(new LogOptions().WithTopicConfig(new Dictionary<string, string> { ["compression.type"] = codec, [key] = level }));
            return log.AppendAsLeader(Text(CompressionType.None, 300), 0, AppendRules.FromClient(9)).Bytes;
        }
        Assert.True(Size(high) < Size(low));
    }

    [Fact]
    public void What_is_too_large_once_it_is_decompressed_is_refused()
    {
        using var log = _bench.Open(new LogOptions { CompressionType = "uncompressed", MaxMessageBytes = 5000 });
        var batch = Text(CompressionType.Zstd, 200);
        Assert.True(batch.Length < 5000);
        Assert.Equal(ErrorCode.MessageTooLarge, Refused(log, batch).Code);
        using var other = new LogBench();
        using var small = other.Open(new LogOptions { CompressionType = "uncompressed", SegmentBytes = 5000 });
        Assert.Equal(ErrorCode.RecordListTooLarge, Refused(small, Text(CompressionType.Zstd, 200)).Code);
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void A_bomb_is_refused_and_takes_no_more_memory_than_its_bound(CompressionType codec)
    {
        using var log = _bench.Open(new LogOptions { MaxDecompressedBytes = 1 << 20 });
        var builder = new RecordBatchBuilder(codec);
        builder.Add(0, null, new byte[16 << 20]);
        var bomb = builder.Build();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorCode.InvalidRecord, Refused(log, bomb).Code);
        // one pooled block may be new, and the decoders have their own tables
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 6 << 20);
    }

    [Fact]
    public void A_length_that_lies_allocates_nothing()
    {
        using var log = _bench.Open();
        // raw snappy: a varint that announces 2 GiB, then nothing of it
        var records = new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0 };
        var batch = new byte[RecordBatch.HeaderSize + records.Length];
        Text(CompressionType.None, 1).AsSpan(0, RecordBatch.HeaderSize).CopyTo(batch);
        records.CopyTo(batch, RecordBatch.HeaderSize);
        RecordBatch.SetContent(batch, CompressionType.Snappy);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorCode.InvalidRecord, Refused(log, batch).Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 18);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void An_append_allocates_nothing_per_record(CompressionType codec)
    {
        long Allocated(int records)
        {
            using var bench = new LogBench();
            using var log = bench.Open();
            var batches = Enumerable.Range(0, 6).Select(_ => Text(codec, records)).ToList();
            foreach (var warm in batches[..5])
                log.AppendAsLeader(warm, 0, AppendRules.FromClient(9));
            var before = GC.GetAllocatedBytesForCurrentThread();
            log.AppendAsLeader(batches[5], 0, AppendRules.FromClient(9));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.InRange(Allocated(4000) - Allocated(10), long.MinValue, codec == CompressionType.Lz4 ? 300_000 : 20_000);
        if (codec == CompressionType.None)
            Assert.InRange(Allocated(4000), 0, 600);
    }

    [Fact]
    public void Of_very_many_faulty_records_some_are_named()
    {
        using var log = _bench.Open(new LogOptions { CleanupCompact = true });
        var builder = new RecordBatchBuilder();
        for (var i = 0; i < 5000; i++)
            builder.Add(0, null, null);
        Assert.Equal(1000, Refused(log, builder.Build()).RecordErrors.Count);
    }

    [Fact]
    public void A_segment_without_record_times_is_rolled_by_the_clock()
    {
        using var log = _bench.Open(new LogOptions { SegmentMs = 60_000 });
        LogBench.Append(log, timestamp: -1);
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
        LogBench.Append(log, timestamp: -1);
        Assert.Equal(1, log.SegmentCount);
        _bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        LogBench.Append(log, timestamp: -1);
        Assert.Equal(2, log.SegmentCount);
    }

    [Fact]
    public void Jitter_rolls_earlier_never_later()
    {
        using var log = _bench.Open(new LogOptions { SegmentMs = 1000, SegmentJitterMs = long.MaxValue });
        var spans = new List<long>();
        var began = 0L;
        for (var at = 0L; at < 20_000; at += 10)
        {
            var before = log.SegmentCount;
            LogBench.Append(log, timestamp: at);
            if (log.SegmentCount == before)
                continue;
            spans.Add(at - began);
            began = at;
        }
        Assert.All(spans, s => Assert.InRange(s, 0, 1010));
        Assert.Contains(spans, s => s < 1000);
    }

    [Fact]
    public void A_sealed_segment_ends_its_time_index_with_its_largest_time()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 400 });
        LogBench.Append(log, timestamp: 1000);
        LogBench.Append(log, timestamp: 5000);
        LogBench.Append(log, timestamp: 3000);
        while (log.SegmentCount == 1)
            LogBench.Append(log, timestamp: 2000);
        log.Flush();
        var index = File.ReadAllBytes(Path.Combine(_bench.Partition, "00000000000000000000.timeindex"));
        Assert.Equal(12, index.Length);
        Assert.Equal((5000L, 1), (System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(index), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(8))));
        Assert.Equal((1L, 5000L, 0), log.MaxTimestamp(log.LogEndOffset));
    }

    private static byte[] Text(CompressionType codec, int records)
    {
        var builder = new RecordBatchBuilder(codec) { ProducerId = 12, ProducerEpoch = 1, BaseSequence = 0 };
        var random = new Random(3);
        for (var i = 0; i < records; i++)
            builder.Add(1_700_000_000_000 + i, null, Encoding.UTF8.GetBytes($"{{\"id\":{random.Next(100)},\"name\":\"user {random.Next(9)}\",\"text\":\"the same again\"}}"));
        return Anonymous(builder.Build());
    }

    // sequences are not what these tests are about: the same batch may come again
    private static byte[] Anonymous(byte[] batch)
    {
        batch.AsSpan(43, 14).Fill(0xFF);
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    private static List<string> Contents(byte[] batch) =>
        [.. RecordBatchReader.Read(batch).Select(r => $"{r.Offset} {r.TimestampMs} {(r.Value is { } v ? Encoding.UTF8.GetString(v.Span) : "null")}")];

    private static LogAppendException Refused(PartitionLog log, byte[] batch) =>
        Assert.Throws<LogAppendException>(() => log.AppendAsLeader(batch, 0, AppendRules.FromClient(9)));
}
