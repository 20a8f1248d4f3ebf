using System.Buffers.Binary;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The content of <c>offset.snapshot</c>: the producers of a log as they are after every batch below that offset. Of a producer's
/// batches only the last is kept.
/// <code>
/// int16 version 1, uint32 CRC-32C of all that follows, int32 count, then per producer 46 bytes
///   int64 producer id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp,
///   int32 coordinator epoch, int64 first offset of the open transaction (-1 none)                     big-endian
/// </code>
/// Source: storage/…/internals/log/ProducerStateManager.java. Pure.
/// </summary>
internal static class ProducerSnapshot
{
    private const short Version = 1;
    private const int HeaderSize = 10, EntrySize = 46, CrcAt = 2, CountAt = 6;

    public static byte[] Encode(IReadOnlyCollection<ProducerEntry> entries)
    {
        var bytes = new byte[HeaderSize + entries.Count * EntrySize];
        BinaryPrimitives.WriteInt16BigEndian(bytes, Version);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), entries.Count);
        var at = bytes.AsSpan(HeaderSize);
        var capacity = TableSize(entries.Count);
        foreach (var entry in entries.OrderBy(e => Bucket(e.ProducerId, capacity)))
        {
            var last = entry.Last;
            BinaryPrimitives.WriteInt64BigEndian(at, entry.ProducerId);
            BinaryPrimitives.WriteInt16BigEndian(at[8..], entry.Epoch);
            BinaryPrimitives.WriteInt32BigEndian(at[10..], last.LastSequence);
            BinaryPrimitives.WriteInt64BigEndian(at[14..], last.LastOffset);
            BinaryPrimitives.WriteInt32BigEndian(at[22..], last.OffsetDelta);
            BinaryPrimitives.WriteInt64BigEndian(at[26..], entry.LastTimestamp);
            BinaryPrimitives.WriteInt32BigEndian(at[34..], entry.CoordinatorEpoch);
            BinaryPrimitives.WriteInt64BigEndian(at[38..], entry.TransactionFirstOffset);
            at = at[EntrySize..];
        }
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CrcAt), Crc32C.Compute(bytes.AsSpan(CountAt)));
        return bytes;
    }

    /// <summary>The producers in a snapshot; null when the bytes are no whole one.</summary>
    public static List<ProducerEntry>? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadInt16BigEndian(bytes) != Version
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcAt..]) != Crc32C.Compute(bytes[CountAt..])
            || bytes.Length - HeaderSize != (long)BinaryPrimitives.ReadInt32BigEndian(bytes[CountAt..]) * EntrySize)
            return null;
        var entries = new List<ProducerEntry>();
        for (var at = bytes[HeaderSize..]; at.Length > 0; at = at[EntrySize..])
        {
            var entry = new ProducerEntry(BinaryPrimitives.ReadInt64BigEndian(at), BinaryPrimitives.ReadInt16BigEndian(at[8..]));
            var (sequence, offset) = (BinaryPrimitives.ReadInt32BigEndian(at[10..]), BinaryPrimitives.ReadInt64BigEndian(at[14..]));
            var (delta, timestamp) = (BinaryPrimitives.ReadInt32BigEndian(at[22..]), BinaryPrimitives.ReadInt64BigEndian(at[26..]));
            if (offset >= 0)
                entry.Add(new ProducerEntry.Written(RecordSequence.Before(sequence, delta), sequence, offset, delta, timestamp));
            entry.LastTimestamp = timestamp;
            entry.CoordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(at[34..]);
            entry.TransactionFirstOffset = BinaryPrimitives.ReadInt64BigEndian(at[38..]);
            entries.Add(entry);
        }
        return entries;
    }

    // The order means nothing to a reader. Ours is that of Java's hash map, so that the same producers give the same bytes as Kafka.
    private static int Bucket(long producerId, int capacity)
    {
        var hash = (int)(producerId ^ (producerId >>> 32));
        return (hash ^ (hash >>> 16)) & (capacity - 1);
    }

    private static int TableSize(int count)
    {
        var size = 16;
        while (size < 1 << 30 && count > size / 4 * 3)
            size *= 2;
        return size;
    }
}
