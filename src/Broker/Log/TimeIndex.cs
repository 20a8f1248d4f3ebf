using System.Buffers.Binary;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The sparse map of one segment from time to offset (<c>.timeindex</c>).
/// <code>
/// entry, 12 bytes: int64 timestamp, int32 offset - base offset of the segment     big-endian, timestamps strictly rising
/// </code>
/// An entry says: no record up to this offset is younger than this timestamp; the offset is the last one of the batch that holds
/// it. One slot is kept free, so that roll and close can always add the largest timestamp of the segment as last entry.
/// It is a cache like <see cref="OffsetIndex"/>, with the same owner and the same way to the file.
/// Source: storage/…/internals/log/TimeIndex.java.
/// </summary>
internal sealed class TimeIndex(int maxBytes)
{
    public const int EntrySize = 12;

    private readonly int _maxEntries = Math.Max(2, maxBytes / EntrySize);
    private Entry[] _entries = new Entry[16];
    private int _count;

    public readonly record struct Entry(long Timestamp, int RelativeOffset);

    public int Count => Volatile.Read(ref _count);

    public bool IsFull => _count >= _maxEntries - 1;

    public Entry this[int number] => _entries[number];

    public Entry? Last => _count == 0 ? null : _entries[_count - 1];

    /// <summary>Adds the largest timestamp so far; nothing happens when it did not rise. The final entry may use the kept slot.</summary>
    public void Add(long timestamp, int relativeOffset, bool final = false)
    {
        if (timestamp < 0 || (Last is { } last && (timestamp <= last.Timestamp || relativeOffset < last.RelativeOffset)))
            return;
        if (_count >= (final ? _maxEntries : _maxEntries - 1))
            return;
        if (_count == _entries.Length)
        {
            var larger = new Entry[_entries.Length * 2];
            _entries.AsSpan(0, _count).CopyTo(larger);
            Volatile.Write(ref _entries, larger);
        }
        _entries[_count] = new Entry(timestamp, relativeOffset);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Relative offset of the largest entry with a timestamp below <paramref name="timestamp"/>; -1 when there is none.</summary>
    public int FindBelow(long timestamp)
    {
        var count = Volatile.Read(ref _count);
        var entries = Volatile.Read(ref _entries);
        int low = 0, high = count - 1, found = -1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].Timestamp < timestamp)
                (found, low) = (middle, middle + 1);
            else
                high = middle - 1;
        }
        return found < 0 ? -1 : entries[found].RelativeOffset;
    }

    /// <summary>Drops entries that name an offset at or above <paramref name="relativeOffset"/>.</summary>
    public void CutAt(long relativeOffset)
    {
        var count = _count;
        while (count > 0 && _entries[count - 1].RelativeOffset >= relativeOffset)
            count--;
        Volatile.Write(ref _count, count);
    }

    public void Clear() => Volatile.Write(ref _count, 0);

    /// <summary>The entries from number <paramref name="first"/> on, as the file has them.</summary>
    public byte[] ToBytes(int first)
    {
        var count = Volatile.Read(ref _count);
        var entries = Volatile.Read(ref _entries);
        var bytes = new byte[Math.Max(0, count - first) * EntrySize];
        for (var i = first; i < count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan((i - first) * EntrySize), entries[i].Timestamp);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan((i - first) * EntrySize + 8), entries[i].RelativeOffset);
        }
        return bytes;
    }

    /// <summary>Takes over a file's content; false when it makes no sense. Zeros after the last entry are Kafka's preallocated room.</summary>
    public bool TryLoad(ReadOnlySpan<byte> bytes)
    {
        Clear();
        if (bytes.Length % EntrySize != 0)
            return false;
        for (var i = 0; i < bytes.Length; i += EntrySize)
        {
            if (bytes[i..].IndexOfAnyExcept((byte)0) < 0)
                break;
            var entry = new Entry(BinaryPrimitives.ReadInt64BigEndian(bytes[i..]), BinaryPrimitives.ReadInt32BigEndian(bytes[(i + 8)..]));
            // Kafka writes an entry (-1, 0) when a segment without timestamps is closed
            if (entry.Timestamp < 0 && _count == 0)
                continue;
            if (entry.RelativeOffset < 0 || (Last is { } last && (entry.Timestamp <= last.Timestamp || entry.RelativeOffset < last.RelativeOffset)))
                return false;
            Add(entry.Timestamp, entry.RelativeOffset, final: true);
        }
        return true;
    }
}
