using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// Builds one record batch of format v2 (see <see cref="RecordBatch"/>). Records are written one after the other behind room for
/// the header; <see cref="Build"/> compresses them as one block, fills the header in and computes the CRC.
/// A record: varint length, int8 attributes 0, varlong timestamp delta, varint offset delta, varint key length (-1 null), key,
/// varint value length (-1 null), value, varint header count, then per header varint key length, key, varint value length, value.
/// Owner: one caller at a time.
/// </summary>
public sealed class RecordBatchBuilder(CompressionType compression = CompressionType.None)
{
    private readonly ArrayBufferWriter<byte> _records = new();
    private long _baseTimestamp, _maxTimestamp = -1;

    public CompressionType Compression { get; } = compression;

    public long BaseOffset { get; init; }

    public int PartitionLeaderEpoch { get; init; } = -1;

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;

    public bool IsTransactional { get; init; }

    public bool IsControl { get; init; }

    /// <summary>Records added so far.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes the batch would take uncompressed.</summary>
    public int SizeBytes => RecordBatch.HeaderSize + _records.WrittenCount;

    public void Add(long timestampMs, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, IReadOnlyList<RecordHeader>? headers = null)
    {
        if (Count == 0)
            _baseTimestamp = timestampMs;
        _maxTimestamp = Math.Max(_maxTimestamp, timestampMs);
        var body = 1 + Varint.SizeOf(timestampMs - _baseTimestamp) + Varint.SizeOf(Count) + SizeOf(key) + SizeOf(value)
            + Varint.SizeOf(headers?.Count ?? 0);
        for (var i = 0; i < (headers?.Count ?? 0); i++)
        {
            var name = Encoding.UTF8.GetByteCount(headers![i].Key);
            body += Varint.SizeOf(name) + name + SizeOf(headers[i].Value);
        }
        PutVarint(body);
        _records.GetSpan(1)[0] = 0;
        _records.Advance(1);
        PutVarint(timestampMs - _baseTimestamp);
        PutVarint(Count);
        PutBytes(key);
        PutBytes(value);
        PutVarint(headers?.Count ?? 0);
        for (var i = 0; i < (headers?.Count ?? 0); i++)
        {
            PutBytes(Encoding.UTF8.GetBytes(headers![i].Key));
            PutBytes(headers[i].Value);
        }
        Count++;
    }

    /// <summary>The finished batch. The builder may go on and be built again.</summary>
    public byte[] Build()
    {
        var records = Compression == CompressionType.None
            ? _records.WrittenSpan
            : Records.Compression.Compress(Compression, _records.WrittenSpan);
        var batch = new byte[RecordBatch.HeaderSize + records.Length];
        var attributes = (int)Compression
            | (IsTransactional ? RecordBatch.TransactionalFlag : 0)
            | (IsControl ? RecordBatch.ControlFlag : 0);
        RecordBatch.SetBaseOffset(batch, BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.LengthAt), batch.Length - RecordBatch.LogOverhead);
        RecordBatch.SetLeaderEpoch(batch, PartitionLeaderEpoch);
        batch[RecordBatch.MagicAt] = RecordBatch.CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatch.AttributesAt), (short)attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.LastOffsetDeltaAt), Math.Max(0, Count - 1));
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.BaseTimestampAt), Count == 0 ? -1 : _baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.MaxTimestampAt), _maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatch.ProducerIdAt), ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatch.ProducerEpochAt), ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.BaseSequenceAt), BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordBatch.CountAt), Count);
        records.CopyTo(batch.AsSpan(RecordBatch.HeaderSize));
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    private static int SizeOf(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } b ? Varint.SizeOf(b.Length) + b.Length : Varint.SizeOf(-1);

    private void PutVarint(long value) => _records.Advance(Varint.Write(_records.GetSpan(Varint.MaxBytes64), value));

    private void PutBytes(ReadOnlyMemory<byte>? bytes)
    {
        PutVarint(bytes?.Length ?? -1);
        if (bytes is { } b)
            _records.Write(b.Span);
    }
}
