using System.Buffers;
using System.Buffers.Binary;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// What is left of a batch when compaction has taken records out of it. Base offset, last offset, leader epoch, producer and sequences stay
/// those of the original, so that offsets keep their records and a producer's next sequence still fits; records that stay keep their bytes.
/// Only when a delete horizon is put into the base timestamp are their timestamp deltas written anew. The codec is the original's.
/// Owner: one caller at a time; the buffer is used again from batch to batch.
/// Source: clients/…/common/record/MemoryRecords.java (filterTo), KIP-534.
/// </summary>
public sealed class RetainedBatch
{
    private readonly ArrayBufferWriter<byte> _records = new();
    private long? _newHorizon;
    private int _count;
    private long _maxTimestamp;

    /// <summary>Begins a batch without records.</summary>
    /// <param name="newDeleteHorizonMs">to be stamped into the batch; null leaves the base timestamp, and a horizon it may hold, as they are</param>
    public void Begin(long? newDeleteHorizonMs)
    {
        _records.ResetWrittenCount();
        (_newHorizon, _count, _maxTimestamp) = (newDeleteHorizonMs, 0, -1);
    }

    /// <summary>Takes over the record the cursor stands on.</summary>
    public void Keep(in RecordCursor record)
    {
        _count++;
        _maxTimestamp = Math.Max(_maxTimestamp, record.TimestampMs);
        if (_newHorizon is not { } horizon)
        {
            _records.Write(record.Bytes);
            return;
        }
        var delta = record.TimestampMs - horizon;
        var rest = record.AfterTimestamp;
        var head = _records.GetSpan(2 * Varint.MaxBytes64 + 1);
        var at = Varint.Write(head, 1 + Varint.SizeOf(delta) + rest.Length);
        head[at++] = 0;
        at += Varint.Write(head[at..], delta);
        _records.Advance(at);
        _records.Write(rest);
    }

    /// <summary>Writes the batch as it now is, with a right CRC.</summary>
    public void WriteTo(IBufferWriter<byte> output, in RecordBatch original)
    {
        ReadOnlySpan<byte> body = original.Compression == CompressionType.None
            ? _records.WrittenSpan
            : Compression.Compress(original.Compression, _records.WrittenSpan);
        var attributes = (ushort)original.Attributes | (_newHorizon is null ? 0 : RecordBatch.DeleteHorizonFlag);
        var maxTimestamp = original.IsAppendTime ? original.MaxTimestamp : _maxTimestamp;
        Write(output, in original, attributes, _newHorizon ?? original.BaseTimestamp, maxTimestamp, _count, body);
    }

    /// <summary>Writes the header alone: the batch is kept only for its offsets or its producer's sequence.</summary>
    public static void WriteEmptyTo(IBufferWriter<byte> output, in RecordBatch original) =>
        Write(output, in original, (ushort)original.Attributes & ~(RecordBatch.CodecMask | RecordBatch.DeleteHorizonFlag), -1, original.MaxTimestamp, 0, default);

    private static void Write(
        IBufferWriter<byte> output, in RecordBatch original, int attributes, long baseTimestamp, long maxTimestamp, int count, ReadOnlySpan<byte> body)
    {
        var length = RecordBatch.HeaderSize + body.Length;
        var batch = output.GetSpan(length)[..length];
        original.Bytes[..RecordBatch.HeaderSize].CopyTo(batch);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.LengthAt..], length - RecordBatch.LogOverhead);
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatch.AttributesAt..], (short)attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatch.BaseTimestampAt..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatch.MaxTimestampAt..], maxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.CountAt..], count);
        body.CopyTo(batch[RecordBatch.HeaderSize..]);
        RecordBatch.WriteCrc(batch);
        output.Advance(length);
    }
}
