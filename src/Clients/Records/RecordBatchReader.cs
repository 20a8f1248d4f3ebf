using System.Text;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// Reads the records of batches (layout: <see cref="RecordBatchBuilder"/>). Every length and count is checked against the bytes at
/// hand before anything is allocated by it; what does not fit is an <see cref="InvalidRecordsException"/>, never another exception.
/// </summary>
public static class RecordBatchReader
{
    /// <summary>Decompressed bytes one batch may grow to unless the caller says otherwise: 64 MiB, far above any sane batch.</summary>
    public const int DefaultMaxDecompressedBytes = 64 * 1024 * 1024;

    // length, attributes, two deltas, two lengths, header count: the shortest possible record
    private const int SmallestRecord = 7;

    /// <summary>The records of the one batch at the start of <paramref name="batch"/>. The CRC is not looked at.</summary>
    public static IReadOnlyList<Record> Read(ReadOnlyMemory<byte> batch, int maxDecompressedBytes = DefaultMaxDecompressedBytes)
    {
        var records = new List<Record>();
        Read(batch, maxDecompressedBytes, records);
        return records;
    }

    /// <summary>The records of all whole batches in <paramref name="batches"/>, control batches left out; a cut last batch is ignored.</summary>
    public static IReadOnlyList<Record> ReadAll(ReadOnlyMemory<byte> batches, int maxDecompressedBytes = DefaultMaxDecompressedBytes)
    {
        var records = new List<Record>();
        while (batches.Length >= RecordBatch.HeaderSize)
        {
            var view = new RecordBatch(batches.Span);
            if (view.Length < RecordBatch.HeaderSize)
                throw new InvalidRecordsException($"A batch announces {view.Length} bytes.");
            if (view.Length > batches.Length)
                break;
            var length = (int)view.Length;
            if (!view.IsControl)
                Read(batches[..length], maxDecompressedBytes, records);
            batches = batches[length..];
        }
        return records;
    }

    private static void Read(ReadOnlyMemory<byte> batch, int maxDecompressedBytes, List<Record> records)
    {
        if (!RecordBatch.TryRead(batch.Span, out var view))
            throw new InvalidRecordsException("These bytes are no whole record batch of format 2.");
        var body = batch[RecordBatch.HeaderSize..(int)view.Length];
        if (view.Compression != CompressionType.None)
            body = Compression.Decompress(view.Compression, body, maxDecompressedBytes);
        var count = view.RecordCount;
        if (count < 0 || (long)count * SmallestRecord > body.Length)
            throw new InvalidRecordsException($"A batch announces {count} records in {body.Length} bytes.");
        var position = 0;
        for (var i = 0; i < count; i++)
            records.Add(ReadRecord(in view, body, ref position));
        if (position != body.Length)
            throw new InvalidRecordsException($"A batch holds {body.Length - position} bytes behind its {count} records.");
    }

    private static Record ReadRecord(in RecordBatch batch, ReadOnlyMemory<byte> body, ref int position)
    {
        var span = body.Span;
        var size = Varint.ReadInt32(span, ref position);
        var end = (long)position + size;
        if (size < 0 || end > span.Length)
            throw new InvalidRecordsException($"A record announces {size} bytes, {span.Length - position} are left.");
        if (size == 0)
            throw new InvalidRecordsException("A record is empty.");
        position++; // attributes: no bit of them is in use
        var timestampDelta = Varint.ReadInt64(span, ref position);
        var offsetDelta = Varint.ReadInt32(span, ref position);
        var key = ReadBytes(body, ref position);
        var value = ReadBytes(body, ref position);
        var headers = ReadHeaders(body, ref position);
        if (position != end)
            throw new InvalidRecordsException($"A record is {position - end} bytes longer than it announces.");
        return new Record(
            batch.BaseOffset + offsetDelta,
            batch.IsAppendTime ? batch.MaxTimestamp : batch.BaseTimestamp + timestampDelta,
            key,
            value,
            headers,
            batch.BaseSequence < 0 || batch.IsControl ? -1 : RecordSequence.Add(batch.BaseSequence, offsetDelta));
    }

    private static RecordHeader[] ReadHeaders(ReadOnlyMemory<byte> body, ref int position)
    {
        var count = Varint.ReadInt32(body.Span, ref position);
        // a header is two bytes at least
        if (count < 0 || (long)count * 2 > body.Length - position)
            throw new InvalidRecordsException($"A record announces {count} headers.");
        if (count == 0)
            return [];
        var headers = new RecordHeader[count];
        for (var i = 0; i < count; i++)
        {
            var key = ReadBytes(body, ref position) ?? throw new InvalidRecordsException("A header has no key.");
            headers[i] = new RecordHeader(Encoding.UTF8.GetString(key.Span), ReadBytes(body, ref position));
        }
        return headers;
    }

    private static ReadOnlyMemory<byte>? ReadBytes(ReadOnlyMemory<byte> body, ref int position)
    {
        var length = Varint.ReadInt32(body.Span, ref position);
        if (length == -1)
            return null;
        if (length < 0 || length > body.Length - position)
            throw new InvalidRecordsException($"A key, value or header announces {length} bytes, {body.Length - position} are left.");
        var bytes = body.Slice(position, length);
        position += length;
        return bytes;
    }
}
