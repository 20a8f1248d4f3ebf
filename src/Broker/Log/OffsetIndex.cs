using System.Buffers.Binary;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The sparse map of one segment from offset to file position (<c>.index</c>).
/// <code>
/// entry, 8 bytes: int32 offset - base offset of the segment, int32 position     big-endian, both rising
/// </code>
/// An entry names the <b>last</b> offset of a batch and the position where that batch begins, so the largest entry not above a
/// wanted offset gives a place to scan forward from. It is a cache: what is in the log decides, and a file that is missing, cut or
/// senseless is built anew. Entries live in memory as one array and go to the file at roll, flush and close: no open file, no map.
/// Owner of writes: the log's writer. Readers see a count and an array at least as new.
/// Source: storage/…/internals/log/OffsetIndex.java.
/// </summary>
internal sealed class OffsetIndex(int maxBytes)
{
    public const int EntrySize = 8;

    private readonly int _maxEntries = Math.Max(1, maxBytes / EntrySize);
    private long[] _entries = new long[16];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool IsFull => _count >= _maxEntries;

    /// <summary>Relative offset and position of one entry.</summary>
    public (int RelativeOffset, int Position) this[int number] => Split(_entries[number]);

    /// <summary>Relative offset and position of the last entry; (-1, 0) when there is none.</summary>
    public (int RelativeOffset, int Position) Last => _count == 0 ? (-1, 0) : Split(_entries[_count - 1]);

    public void Add(int relativeOffset, int position)
    {
        if (IsFull || relativeOffset <= Last.RelativeOffset)
            return;
        if (_count == _entries.Length)
        {
            var larger = new long[_entries.Length * 2];
            _entries.AsSpan(0, _count).CopyTo(larger);
            Volatile.Write(ref _entries, larger);
        }
        _entries[_count] = ((long)relativeOffset << 32) | (uint)position;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>The position of the largest entry whose offset is not above; 0, the start of the file, when there is none.</summary>
    public int Find(long relativeOffset)
    {
        var count = Volatile.Read(ref _count);
        var entries = Volatile.Read(ref _entries);
        int low = 0, high = count - 1, found = -1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (Split(entries[middle]).RelativeOffset <= relativeOffset)
                (found, low) = (middle, middle + 1);
            else
                high = middle - 1;
        }
        return found < 0 ? 0 : Split(entries[found]).Position;
    }

    /// <summary>Drops entries of batches at or behind <paramref name="position"/>.</summary>
    public void CutAt(long position)
    {
        var count = _count;
        while (count > 0 && Split(_entries[count - 1]).Position >= position)
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
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan((i - first) * EntrySize), entries[i]);
        return bytes;
    }

    /// <summary>
    /// Takes over a file's content; false when it cannot be of a segment of <paramref name="logBytes"/> bytes. Kafka preallocates the
    /// file of its active segment: zeros after the last entry are room, not entries.
    /// </summary>
    public bool TryLoad(ReadOnlySpan<byte> bytes, long logBytes)
    {
        Clear();
        if (bytes.Length % EntrySize != 0)
            return false;
        for (var i = 0; i < bytes.Length; i += EntrySize)
        {
            var entry = BinaryPrimitives.ReadInt64BigEndian(bytes[i..]);
            if (entry == 0 && bytes[i..].IndexOfAnyExcept((byte)0) < 0)
                break;
            var (offset, position) = Split(entry);
            var last = Last;
            if (offset < 0 || position < 0 || position >= logBytes || offset <= last.RelativeOffset || (_count > 0 && position <= last.Position))
                return false;
            Add(offset, position);
        }
        return true;
    }

    private static (int RelativeOffset, int Position) Split(long entry) => ((int)(entry >> 32), (int)entry);
}
