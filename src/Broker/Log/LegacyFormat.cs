using System.Buffers.Binary;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Knows a message of the formats before record batches, so that recovery never takes old data for garbage and cuts it.
/// <code>
/// int64 offset, int32 size, uint32 CRC-32 (zlib's) of what follows, int8 magic 0 or 1, attributes, …     big-endian
/// </code>
/// Source: clients/…/common/record/LegacyRecord.java.
/// </summary>
internal static class LegacyFormat
{
    private const int CrcAt = 12, MagicAt = 16, SmallestSize = 14;

    // far above what Kafka took by default; a larger size field is garbage
    private const int LargestSize = 128 * 1024 * 1024;

    /// <summary>Whether a whole message of format 0 or 1 with a right CRC begins at <paramref name="position"/>.</summary>
    public static bool IsMessageAt(LogSegment segment, long position)
    {
        Span<byte> head = stackalloc byte[MagicAt + 1];
        if (segment.ReadAt(head, position) < head.Length || head[MagicAt] > 1)
            return false;
        var size = BinaryPrimitives.ReadInt32BigEndian(head[8..]);
        if (size is < SmallestSize or > LargestSize || position + CrcAt + size > segment.Size)
            return false;
        var message = new byte[size];
        return segment.ReadAt(message, position + CrcAt) == size
            && BinaryPrimitives.ReadUInt32BigEndian(message) == Crc32(message.AsSpan(4));
    }

    // bit by bit: it runs over one message, once
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320u & (uint)-(int)(crc & 1));
        }
        return ~crc;
    }
}
