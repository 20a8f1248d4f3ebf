using System.Buffers;
using System.Numerics;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// The largest offset of each key, in one pooled array of a size fixed at the start: 24 bytes per entry, the key's hash (16) and the offset
/// plus one (8; 0 is a free place), found by linear probing. Full at the load factor. As many entries as offsets are to be read are
/// enough, so a small log gets a small map; the memory setting bounds a large one. Owner: one cleaning at a time.
/// Source: storage/…/internals/log/SkimpyOffsetMap.java.
/// </summary>
internal sealed class OffsetMap : IDisposable
{
    public const int EntryBytes = 24;

    private const int Words = EntryBytes / sizeof(ulong);
    private const int Fewest = 64;

    private readonly KeyHash _hash;
    private readonly int _slots, _limit;
    private ulong[] _table;

    /// <param name="maxBytes">no more is rented, at least room for a few keys</param>
    /// <param name="keys">no more will be put in</param>
    public OffsetMap(long maxBytes, long keys, double loadFactor, UInt128 hashKey)
    {
        _hash = new KeyHash(hashKey);
        var most = Math.Min(maxBytes, Array.MaxLength) / sizeof(ulong);
        var wanted = Math.Clamp((long)Math.Min(keys / loadFactor + 2, int.MaxValue) * Words, Fewest * Words, Math.Max(Fewest * Words, most));
        // the pool rounds up to a power of two, which must not go past the bound
        if (wanted > Fewest * Words && (long)BitOperations.RoundUpToPowerOf2((ulong)wanted) > most)
            wanted = (long)BitOperations.RoundUpToPowerOf2((ulong)most + 1) >> 1;
        _slots = (int)(wanted / Words);
        _limit = Math.Max(1, (int)(_slots * loadFactor));
        _table = ArrayPool<ulong>.Shared.Rent(_slots * Words);
        _table.AsSpan(0, _slots * Words).Clear();
    }

    public int Count { get; private set; }

    /// <summary>Keys it can hold.</summary>
    public int Capacity => _limit;

    /// <summary>Notes an offset, which must not be below one noted before; false when the key is new and there is no room.</summary>
    public bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        ref var place = ref Find(key, out var low, out var high, out var at);
        if (place == 0)
        {
            if (Count == _limit)
                return false;
            Count++;
            (_table[at], _table[at + 1]) = (low, high);
        }
        place = (ulong)offset + 1;
        return true;
    }

    /// <summary>The largest offset noted for a key, -1 for none.</summary>
    public long Get(ReadOnlySpan<byte> key) => (long)Find(key, out _, out _, out _) - 1;

    public void Dispose()
    {
        if (_table.Length > 0)
            ArrayPool<ulong>.Shared.Return(_table);
        _table = [];
    }

    // there is always a free place: the limit is below the number of slots
    private ref ulong Find(ReadOnlySpan<byte> key, out ulong low, out ulong high, out int at)
    {
        (low, high) = _hash.Of(key);
        for (var slot = (int)Math.BigMul(low, (ulong)_slots, out _); ; slot = slot + 1 == _slots ? 0 : slot + 1)
        {
            at = slot * Words;
            ref var offset = ref _table[at + 2];
            if (offset == 0 || (_table[at] == low && _table[at + 1] == high))
                return ref offset;
        }
    }
}
