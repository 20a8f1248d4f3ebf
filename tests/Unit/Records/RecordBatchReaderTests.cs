using System.Text;
using System.Text.Json;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Records;

public class RecordBatchReaderTests
{
    [Theory]
    [MemberData(nameof(GoldenBatches.GoodOfFormat2), MemberType = typeof(GoldenBatches))]
    public void Batches_that_kafka_wrote_are_read_as_kafka_reads_them(string name)
    {
        ReadOnlyMemory<byte> bytes = GoldenBatches.Bytes(name);
        foreach (var expected in GoldenBatches.Get(name).GetProperty("decoded").EnumerateArray())
        {
            if (expected.TryGetProperty("partialBytes", out _))
                break;
            Assert.True(RecordBatch.TryRead(bytes.Span, out var batch));
            Assert.True(batch.CrcIsValid);
            Assert.Equal(expected.GetProperty("baseOffset").GetInt64(), batch.BaseOffset);
            Assert.Equal(expected.GetProperty("lastOffset").GetInt64(), batch.LastOffset);
            Assert.Equal(expected.GetProperty("maxTimestamp").GetInt64(), batch.MaxTimestamp);
            Assert.Equal(expected.GetProperty("compression").GetString(), batch.Compression.ToString().ToLowerInvariant());
            Assert.Equal(expected.GetProperty("producerId").GetInt64(), batch.ProducerId);
            Assert.Equal(expected.GetProperty("producerEpoch").GetInt32(), batch.ProducerEpoch);
            Assert.Equal(expected.GetProperty("baseSequence").GetInt32(), batch.BaseSequence);
            Assert.Equal(expected.GetProperty("transactional").GetBoolean(), batch.IsTransactional);
            Assert.Equal(expected.GetProperty("control").GetBoolean(), batch.IsControl);
            if (!batch.IsControl && expected.GetProperty("records") is { ValueKind: JsonValueKind.Array } records)
                AssertRecords(records, RecordBatchReader.Read(bytes));
            bytes = bytes[(int)batch.Length..];
        }
    }

    [Theory]
    [MemberData(nameof(GoldenBatches.All), MemberType = typeof(GoldenBatches))]
    public void Whatever_is_read_ends_in_records_or_the_one_exception(string name)
    {
        try
        {
            RecordBatchReader.ReadAll(GoldenBatches.Bytes(name), 1 << 20);
        }
        catch (InvalidRecordsException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void What_the_builder_wrote_the_reader_reads(CompressionType compression)
    {
        var builder = new RecordBatchBuilder(compression) { BaseOffset = 77, PartitionLeaderEpoch = 3, ProducerId = 9, ProducerEpoch = 1, BaseSequence = int.MaxValue };
        builder.Add(1000, "k"u8.ToArray(), "v"u8.ToArray());
        builder.Add(900, null, new byte[100_000], [new RecordHeader("h", null), new RecordHeader("ü", "x"u8.ToArray())]);
        builder.Add(2000, "t"u8.ToArray(), null);
        var bytes = builder.Build();
        var batch = new RecordBatch(bytes);
        Assert.True(batch.CrcIsValid);
        Assert.Equal(2000, batch.MaxTimestamp);
        Assert.Equal(79, batch.LastOffset);
        Assert.Equal(1, batch.LastSequence);
        var records = RecordBatchReader.Read(bytes);
        Assert.Equal([77, 78, 79], records.Select(r => r.Offset));
        Assert.Equal([1000, 900, 2000], records.Select(r => r.TimestampMs));
        Assert.Equal([int.MaxValue, 0, 1], records.Select(r => r.Sequence));
        Assert.Null(records[1].Key);
        Assert.Equal(100_000, records[1].Value!.Value.Length);
        Assert.Equal("ü", records[1].Headers[1].Key);
        Assert.Null(records[1].Headers[0].Value);
        Assert.Null(records[2].Value);
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void A_small_batch_that_grows_past_the_limit_is_refused(CompressionType compression)
    {
        var builder = new RecordBatchBuilder(compression);
        builder.Add(0, null, new byte[8 << 20]);
        var bytes = builder.Build();
        Assert.True(bytes.Length < 1 << 20);
        Assert.Throws<InvalidRecordsException>(() => RecordBatchReader.Read(bytes, 1 << 20));
        Assert.Single(RecordBatchReader.Read(bytes, 9 << 20));
    }

    [Fact]
    public void Raw_snappy_of_older_clients_is_read()
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("hello ", 100)));
        Assert.Equal(content, Compression.Decompress(CompressionType.Snappy, Snappier.Snappy.CompressToArray(content), 1000));
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void Bytes_that_are_no_compressed_block_are_refused(CompressionType compression)
    {
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            try
            {
                Compression.Decompress(compression, bytes, 1 << 16);
            }
            catch (InvalidRecordsException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Fact]
    public void Bytes_flipped_inside_a_batch_never_bring_another_exception()
    {
        var random = new Random(7);
        var builder = new RecordBatchBuilder();
        for (var i = 0; i < 5; i++)
            builder.Add(i, Encoding.UTF8.GetBytes($"k{i}"), Encoding.UTF8.GetBytes($"v{i}"), [new RecordHeader("h", new byte[3])]);
        var good = builder.Build();
        for (var i = 0; i < 5000; i++)
        {
            var bytes = (byte[])good.Clone();
            bytes[random.Next(RecordBatch.HeaderSize - 4, bytes.Length)] = (byte)random.Next(256);
            try
            {
                RecordBatchReader.Read(bytes, 1 << 16);
            }
            catch (InvalidRecordsException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static void AssertRecords(JsonElement expected, IReadOnlyList<ClassicBroker.Clients.Records.Record> actual)
    {
        Assert.Equal(expected.GetArrayLength(), actual.Count);
        foreach (var (e, a) in expected.EnumerateArray().Zip(actual))
        {
            Assert.Equal(e.GetProperty("offset").GetInt64(), a.Offset);
            Assert.Equal(e.GetProperty("ts").GetInt64(), a.TimestampMs);
            AssertText(e, "k", a.Key);
            AssertText(e, "v", a.Value);
            if (e.TryGetProperty("h", out var headers))
                Assert.Equal(headers.GetArrayLength(), a.Headers.Count);
        }
    }

    private static void AssertText(JsonElement record, string name, ReadOnlyMemory<byte>? actual)
    {
        if (!record.TryGetProperty(name, out var expected) || expected.ValueKind == JsonValueKind.Null)
            Assert.Null(actual);
        else if (expected.ValueKind == JsonValueKind.String && !expected.GetString()!.StartsWith("hex:", StringComparison.Ordinal) && !expected.GetString()!.Contains("bytes, crc32", StringComparison.Ordinal))
            Assert.Equal(expected.GetString(), Encoding.UTF8.GetString(actual!.Value.Span));
    }
}
