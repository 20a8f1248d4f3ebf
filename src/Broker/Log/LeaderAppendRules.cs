using System.Buffers.Binary;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// What a leader demands of records before they get offsets, and the codes it refuses them with. First the shape of the whole set
/// (exactly one batch of format 2, sizes, CRC), then the batch header (counts, no control records from clients), last the records
/// one by one (well formed, timestamps inside the window, keys where the topic is compacted). Pure but for the header fields it
/// may set right in place: the timestamp type and the largest timestamp.
/// Source: storage/…/internals/log/LogValidator.java, core/…/kafka/log/UnifiedLog.scala, ProduceRequest.java.
/// Differences from Kafka: records that cannot be decompressed or parsed are INVALID_RECORD where Kafka answers
/// UNKNOWN_SERVER_ERROR for some; a key length below -1 is refused where Kafka reads it as null; records whose offset deltas do
/// not count up are numbered anew also when they are not compressed.
/// </summary>
internal static class LeaderAppendRules
{
    // the smallest size field Kafka lets pass: an empty record of format 0
    private const int SmallestSize = 14;

    /// <summary>So many faulty records of one batch are named; a batch may hold millions.</summary>
    private const int MaxRecordErrors = 1000;

    private const int MagicEnd = RecordBatch.LogOverhead + 5;

    /// <summary>The one batch to be written, its timestamps set right; LogAppendException when it must not be.</summary>
    public static Memory<byte> Check(Memory<byte> records, TopicPartition id, LogOptions options, in AppendRules rules, long nowMs)
    {
        var bytes = OnlyBatch(records, id);
        var batch = new RecordBatch(bytes.Span);
        if (rules.RefuseZstd && batch.Compression == CompressionType.Zstd)
            throw Refused(ErrorCode.UnsupportedCompressionType, $"Produce requests below version 7 cannot carry zstd ({id}).");
        CheckWhole(in batch, id, options);
        CheckHeader(in batch, id, rules.Origin);
        return CheckRecords(bytes, id, options, rules.Origin, nowMs);
    }

    private static Memory<byte> OnlyBatch(Memory<byte> records, TopicPartition id)
    {
        var size = NextBatch(records.Span, id);
        if (size < 0)
            throw Refused(ErrorCode.InvalidRecord, $"There is no whole record batch for {id}.");
        if (records.Span[RecordBatch.MagicAt] != RecordBatch.CurrentMagic)
            throw Refused(ErrorCode.InvalidRecord, $"Records for {id} are of format {records.Span[RecordBatch.MagicAt]}, only 2 can be written.");
        if (NextBatch(records.Span[size..], id) >= 0)
            throw Refused(ErrorCode.InvalidRecord, $"There is more than one record batch for {id}.");
        if (size < RecordBatch.HeaderSize)
            throw Refused(ErrorCode.CorruptMessage, $"A record batch of {size} bytes for {id} has no room for its header.");
        return records[..size];
    }

    // size of the batch at the start, -1 when nothing whole is there: a cut tail is not an error, clients cut
    private static int NextBatch(ReadOnlySpan<byte> bytes, TopicPartition id)
    {
        if (bytes.Length < RecordBatch.LogOverhead)
            return -1;
        var size = BinaryPrimitives.ReadInt32BigEndian(bytes[8..]);
        if (size < SmallestSize)
            throw Refused(ErrorCode.CorruptMessage, $"A record batch for {id} announces {size} bytes.");
        if (bytes.Length < MagicEnd)
            return -1;
        if (bytes[RecordBatch.MagicAt] > RecordBatch.CurrentMagic)
            throw Refused(ErrorCode.CorruptMessage, $"A record batch for {id} has magic {(sbyte)bytes[RecordBatch.MagicAt]}.");
        return size > bytes.Length - RecordBatch.LogOverhead ? -1 : size + RecordBatch.LogOverhead;
    }

    private static void CheckWhole(in RecordBatch batch, TopicPartition id, LogOptions options)
    {
        if (batch.BaseOffset != 0)
            throw Refused(ErrorCode.InvalidRecord, $"The base offset of a new batch must be 0, not {batch.BaseOffset} ({id}).");
        CheckSize(batch.Length, id, options);
        if (!batch.CrcIsValid)
            throw Refused(ErrorCode.CorruptMessage, $"The CRC of a batch for {id} is wrong.");
        CheckSegment(batch.Length, id, options);
    }

    private static void CheckHeader(in RecordBatch batch, TopicPartition id, AppendOrigin origin)
    {
        if (batch.Compression > CompressionType.Zstd)
            throw Refused(ErrorCode.InvalidRecord, $"Compression codec {(int)batch.Compression} is not known ({id}).");
        var count = batch.RecordCount;
        if (count <= 0 || batch.LastOffsetDelta < 0 || count != (long)batch.LastOffsetDelta + 1)
            throw Refused(ErrorCode.InvalidRecord, $"A batch of {count} records has a last offset delta of {batch.LastOffsetDelta} ({id}).");
        if (origin != AppendOrigin.Client)
            return;
        if (batch.IsControl)
            throw Refused(ErrorCode.InvalidRecord, $"Clients may not write control records ({id}).");
        if (batch.HasProducerId && batch.BaseSequence < 0)
            throw Refused(ErrorCode.InvalidRecord, $"A batch of producer {batch.ProducerId} has sequence {batch.BaseSequence} ({id}).");
    }

    private static Memory<byte> CheckRecords(Memory<byte> bytes, TopicPartition id, LogOptions options, AppendOrigin origin, long nowMs)
    {
        try
        {
            var batch = new RecordBatch(bytes.Span);
            using var content = batch.Compression == CompressionType.None
                ? null
                : Compression.DecompressPooled(batch.Compression, bytes[RecordBatch.HeaderSize..], options.MaxDecompressedBytes);
            var body = content is null ? batch.Bytes[RecordBatch.HeaderSize..] : content.Span;
            var (maxTimestamp, inOrder) = Walk(in batch, body, id, options, nowMs);
            var wanted = batch.IsControl ? batch.Compression : options.Codec ?? batch.Compression;
            if (!inOrder || wanted != batch.Compression)
                bytes = inOrder && batch.HasOwnTimes ? WithCodec(in batch, body, wanted, options) : Rebuild(bytes, wanted, options);
            if (options.AppendTime)
                RecordBatch.SetAppendTime(bytes.Span, nowMs);
            else if (batch.IsAppendTime || maxTimestamp != batch.MaxTimestamp)
                RecordBatch.SetCreateTime(bytes.Span, maxTimestamp);
            if (bytes.Length != batch.Length)
            {
                CheckSize(bytes.Length, id, options);
                CheckSegment(bytes.Length, id, options);
            }
            return bytes;
        }
        catch (InvalidRecordsException e)
        {
            throw Refused(ErrorCode.InvalidRecord, $"{e.Message} ({id}, {origin})");
        }
    }

    private static void CheckSize(long size, TopicPartition id, LogOptions options)
    {
        if (size > options.MaxMessageBytes)
            throw Refused(ErrorCode.MessageTooLarge, $"A batch of {size} bytes exceeds max.message.bytes = {options.MaxMessageBytes} of {id}.");
    }

    private static void CheckSegment(long size, TopicPartition id, LogOptions options)
    {
        if (size > options.SegmentBytes)
            throw Refused(ErrorCode.RecordListTooLarge, $"A batch of {size} bytes exceeds segment.bytes = {options.SegmentBytes} of {id}.");
    }

    // one pass over the records; the faults of all of them are told together, since clients from produce v8 on can show each
    private static (long MaxTimestamp, bool InOrder) Walk(in RecordBatch batch, ReadOnlySpan<byte> body, TopicPartition id, LogOptions options, long nowMs)
    {
        var maxTimestamp = -1L;
        var inOrder = true;
        List<(int, string)>? faults = null;
        var badTime = false;
        var cursor = new RecordCursor(in batch, body);
        while (cursor.MoveNext())
        {
            var timestamp = batch.IsAppendTime ? batch.MaxTimestamp : cursor.TimestampMs;
            maxTimestamp = Math.Max(maxTimestamp, timestamp);
            inOrder &= cursor.OffsetDelta == cursor.Index;
            if (options.CleanupCompact && !cursor.HasKey && !batch.IsControl)
                Tell($"Compacted topic cannot accept message without key in topic partition {id}.", cursor.Index, ref faults);
            else if (TimeIsWrong(in batch, timestamp, options, nowMs))
            {
                badTime = true;
                Tell(options.AppendTime
                    ? (FormattableString)$"A producer must not say that a timestamp was given on append."
                    : $"Timestamp {timestamp} is too far from the broker's time {nowMs}.", cursor.Index, ref faults);
            }
        }
        if (faults is null)
            return (maxTimestamp, inOrder);
        throw badTime
            ? new LogAppendException(ErrorCode.InvalidTimestamp, $"Records for {id} have timestamps that the topic does not allow.") { RecordErrors = faults }
            : new LogAppendException(ErrorCode.InvalidRecord, $"Records for {id} were refused.") { RecordErrors = faults };
    }

    private static void Tell(FormattableString what, int record, ref List<(int, string)>? faults)
    {
        if ((faults ??= []).Count < MaxRecordErrors)
            faults.Add((record, FormattableString.Invariant(what)));
    }

    private static bool TimeIsWrong(in RecordBatch batch, long timestamp, LogOptions options, long nowMs)
    {
        if (options.AppendTime)
            return batch.IsAppendTime;
        if (timestamp == -1)
            return false;
        var age = nowMs - timestamp;
        return age > 0 ? age > options.TimestampBeforeMaxMs : -age > options.TimestampAfterMaxMs;
    }

    // Only the codec changes: the records stay as they are, so not one of them is made an object.
    private static byte[] WithCodec(in RecordBatch batch, ReadOnlySpan<byte> body, CompressionType codec, LogOptions options)
    {
        var records = codec == CompressionType.None ? body : Compression.Compress(codec, body, options.LevelOf(codec));
        var bytes = new byte[RecordBatch.HeaderSize + records.Length];
        batch.Bytes[..RecordBatch.HeaderSize].CopyTo(bytes);
        records.CopyTo(bytes.AsSpan(RecordBatch.HeaderSize));
        RecordBatch.SetContent(bytes, codec);
        return bytes;
    }

    private static byte[] Rebuild(ReadOnlyMemory<byte> bytes, CompressionType codec, LogOptions options)
    {
        var batch = new RecordBatch(bytes.Span);
        var builder = new RecordBatchBuilder(codec)
        {
            ProducerId = batch.ProducerId,
            ProducerEpoch = batch.ProducerEpoch,
            BaseSequence = batch.BaseSequence,
            IsTransactional = batch.IsTransactional,
            IsControl = batch.IsControl,
        };
        foreach (var record in RecordBatchReader.Read(bytes, options.MaxDecompressedBytes))
            builder.Add(record.TimestampMs, record.Key, record.Value, record.Headers);
        return builder.Build();
    }

    private static LogAppendException Refused(ErrorCode code, string message) => new(code, message);
}
