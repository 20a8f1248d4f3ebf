using System.Buffers.Binary;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// A view over one record batch of format v2 (magic 2), the unit a log stores, a producer sends and a fetch returns.
/// Nothing is copied: each property reads its field from the bytes. All integers are big-endian.
/// <code>
/// offset size field
///   0     8   base offset            given by the leader
///   8     4   batch length           bytes after this field; whole batch = 12 + batch length
///  12     4   partition leader epoch given by the leader, outside the CRC
///  16     1   magic                  2
///  17     4   crc                    CRC-32C over byte 21 to the end
///  21     2   attributes             0-2 codec, 3 append time, 4 transactional, 5 control, 6 base timestamp is a delete horizon
///  23     4   last offset delta      survives compaction, so it may exceed count - 1
///  27     8   base timestamp
///  35     8   max timestamp
///  43     8   producer id            -1 none
///  51     2   producer epoch         -1 none
///  53     4   base sequence          -1 none
///  57     4   record count
///  61     -   records, compressed as one block when the codec is not 0
/// </code>
/// Source: clients/…/common/record/DefaultRecordBatch.java (KIP-98, KIP-534 for bit 6).
/// </summary>
public readonly ref struct RecordBatch
{
    /// <summary>Bytes before the first record.</summary>
    public const int HeaderSize = 61;

    /// <summary>Base offset and batch length: the part every format has.</summary>
    public const int LogOverhead = 12;

    public const byte CurrentMagic = 2;

    /// <summary>Where the format number stands, in every format.</summary>
    public const int MagicAt = 16;

    internal const int LengthAt = 8, EpochAt = 12, CrcAt = 17, AttributesAt = 21, LastOffsetDeltaAt = 23,
        BaseTimestampAt = 27, MaxTimestampAt = 35, ProducerIdAt = 43, ProducerEpochAt = 51, BaseSequenceAt = 53, CountAt = 57;

    internal const int CodecMask = 0x07, AppendTimeFlag = 0x08, TransactionalFlag = 0x10, ControlFlag = 0x20, DeleteHorizonFlag = 0x40, KnownFlags = 0x7F;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Views <paramref name="bytes"/>, which must start at a batch and hold at least its header.</summary>
    public RecordBatch(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize)
            throw new InvalidRecordsException($"A record batch needs {HeaderSize} bytes of header, only {bytes.Length} are there.");
        _bytes = bytes;
    }

    /// <summary>
    /// The batch at the start of <paramref name="bytes"/>: false when it is not there whole, or is no batch of magic 2 with a
    /// sane length. Tells nothing about the CRC.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordBatch batch)
    {
        batch = default;
        if (bytes.Length < HeaderSize || bytes[MagicAt] != CurrentMagic)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[LengthAt..]);
        if (length < HeaderSize - LogOverhead || length > bytes.Length - LogOverhead)
            return false;
        batch = new RecordBatch(bytes[..(length + LogOverhead)]);
        return true;
    }

    public ReadOnlySpan<byte> Bytes => _bytes;

    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    /// <summary>Bytes of the whole batch, header included, as its length field says (not bounded by what is in memory).</summary>
    public long Length => (long)LogOverhead + BinaryPrimitives.ReadInt32BigEndian(_bytes[LengthAt..]);

    public int PartitionLeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[EpochAt..]);

    public byte Magic => _bytes[MagicAt];

    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[CrcAt..]);

    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(_bytes[AttributesAt..]);

    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[LastOffsetDeltaAt..]);

    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[BaseTimestampAt..]);

    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[MaxTimestampAt..]);

    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[ProducerIdAt..]);

    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[ProducerEpochAt..]);

    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[BaseSequenceAt..]);

    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(_bytes[CountAt..]);

    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset after the batch.</summary>
    public long NextOffset => LastOffset + 1;

    public CompressionType Compression => (CompressionType)(Attributes & CodecMask);

    public bool IsAppendTime => (Attributes & AppendTimeFlag) != 0;

    /// <summary>The base timestamp is that of the first record: neither stamped on append nor a delete horizon.</summary>
    public bool HasOwnTimes => (Attributes & (AppendTimeFlag | DeleteHorizonFlag)) == 0;

    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;

    public bool IsControl => (Attributes & ControlFlag) != 0;

    public bool HasProducerId => ProducerId >= 0;

    /// <summary>
    /// From when on compaction may take tombstones and markers out of this batch; null before a first cleaning has seen them. It stands in the
    /// base timestamp, to which the timestamp deltas of the records are still relative (KIP-534).
    /// </summary>
    public long? DeleteHorizonMs => (Attributes & DeleteHorizonFlag) == 0 ? null : BaseTimestamp;

    /// <summary>Sequence of the last record; sequences go from Int32.MaxValue on to 0.</summary>
    public int LastSequence => BaseSequence < 0 ? -1 : RecordSequence.Add(BaseSequence, LastOffsetDelta);

    /// <summary>Whether the stored CRC fits the bytes. The view must hold the whole batch.</summary>
    public bool CrcIsValid =>
        Length <= _bytes.Length && Length >= HeaderSize && Crc32C.Compute(_bytes[AttributesAt..(int)Length]) == Crc;

    /// <summary>Writes the base offset; the CRC does not cover it.</summary>
    public static void SetBaseOffset(Span<byte> batch, long offset) => BinaryPrimitives.WriteInt64BigEndian(batch, offset);

    /// <summary>Writes the leader epoch; the CRC does not cover it.</summary>
    public static void SetLeaderEpoch(Span<byte> batch, int epoch) => BinaryPrimitives.WriteInt32BigEndian(batch[EpochAt..], epoch);

    /// <summary>Marks the batch as stamped on append at <paramref name="timestampMs"/> and computes its CRC anew.</summary>
    public static void SetAppendTime(Span<byte> batch, long timestampMs)
    {
        var attributes = (short)(BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]) & KnownFlags | AppendTimeFlag);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], timestampMs);
        WriteCrc(batch);
    }

    /// <summary>Marks the batch as carrying the producers' time, the largest being <paramref name="maxTimestampMs"/>, and computes its CRC anew.</summary>
    public static void SetCreateTime(Span<byte> batch, long maxTimestampMs)
    {
        var attributes = (short)(BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]) & KnownFlags & ~AppendTimeFlag);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], attributes);
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], maxTimestampMs);
        WriteCrc(batch);
    }

    /// <summary>The batch that fills <paramref name="batch"/> holds other bytes now, compressed with <paramref name="codec"/>: sets codec, length and CRC.</summary>
    public static void SetContent(Span<byte> batch, CompressionType codec)
    {
        var attributes = (short)(BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]) & KnownFlags & ~CodecMask | (int)codec);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[LengthAt..], batch.Length - LogOverhead);
        WriteCrc(batch);
    }

    /// <summary>Computes and stores the CRC of the batch that fills <paramref name="batch"/>.</summary>
    public static void WriteCrc(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], Crc32C.Compute(batch[AttributesAt..]));
}
