using System.Buffers.Binary;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The end of a transaction as it lies in the log: a control batch of one record, written to every partition the transaction touched.
/// It takes one offset, no sequence, and consumers never show it.
/// <code>
/// batch   control and transactional bits set, producer id and epoch of the transaction, base sequence -1
/// key     int16 version 0, int16 type: 0 abort, 1 commit
/// value   int16 version 0, int32 epoch of the transaction coordinator     big-endian
/// </code>
/// Source: clients/…/common/record/EndTransactionMarker.java, ControlRecordType.java (KIP-98).
/// </summary>
/// <param name="IsCommit">false: abort</param>
/// <param name="CoordinatorEpoch">a marker of an older coordinator is refused</param>
/// <param name="TimestampMs">of the record</param>
public readonly record struct TransactionMarker(bool IsCommit, int CoordinatorEpoch, long TimestampMs)
{
    private const short Abort = 0, Commit = 1;
    private const int KeySize = 4, ValueSize = 6;

    /// <summary>The batch that ends a producer's transaction, ready to be appended with <see cref="AppendRules.FromCoordinator"/>.</summary>
    public byte[] Build(long producerId, short producerEpoch)
    {
        var (key, value) = (new byte[KeySize], new byte[ValueSize]);
        BinaryPrimitives.WriteInt16BigEndian(key.AsSpan(2), IsCommit ? Commit : Abort);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(2), CoordinatorEpoch);
        var builder = new RecordBatchBuilder { ProducerId = producerId, ProducerEpoch = producerEpoch, IsTransactional = true, IsControl = true };
        builder.Add(TimestampMs, key, value);
        return builder.Build();
    }

    /// <summary>
    /// The marker in a control batch; false when it holds none: emptied by compaction, or a control record of another kind.
    /// </summary>
    internal static bool TryRead(in RecordBatch batch, out TransactionMarker marker)
    {
        marker = default;
        if (batch.RecordCount < 1 || batch.Compression != CompressionType.None)
            return false;
        try
        {
            var body = batch.Bytes[RecordBatch.HeaderSize..(int)batch.Length];
            var position = 0;
            Varint.ReadInt32(body, ref position);
            position++; // attributes
            var timestamp = batch.IsAppendTime ? batch.MaxTimestamp : batch.BaseTimestamp + Varint.ReadInt64(body, ref position);
            if (batch.IsAppendTime)
                Varint.ReadInt64(body, ref position);
            Varint.ReadInt32(body, ref position);
            var key = Field(body, ref position);
            var value = Field(body, ref position);
            if (key.Length < KeySize || value.Length < ValueSize || BinaryPrimitives.ReadInt16BigEndian(key[2..]) is var type && type is not (Abort or Commit))
                return false;
            marker = new TransactionMarker(type == Commit, BinaryPrimitives.ReadInt32BigEndian(value[2..]), timestamp);
            return true;
        }
        catch (InvalidRecordsException)
        {
            return false; // no marker is what these bytes are
        }
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> body, ref int position)
    {
        var length = Math.Max(0, Varint.ReadInt32(body, ref position));
        if (length > body.Length - position)
            throw new InvalidRecordsException("A control record is cut.");
        position += length;
        return body.Slice(position - length, length);
    }
}
