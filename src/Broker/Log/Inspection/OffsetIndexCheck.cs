using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Compares a .index with the batches of its segment while they are walked, without remembering them: both rise, so one pointer is
/// enough. An entry must name a byte where a batch begins and the last offset of that batch, or of a later one that was appended with it.
/// </summary>
internal sealed class OffsetIndexCheck
{
    private const string Meaning = "reads by offset may begin in the wrong place; delete the file while the broker is down, it is built anew";

    private readonly string _file;
    private readonly long _baseOffset;
    private readonly Flaws _flaws;
    private readonly List<IndexEntries.OffsetEntry> _entries;
    private int _at;
    private (long Offset, int Entry)? _pending;

    public OffsetIndexCheck(string file, ReadOnlySpan<byte> bytes, long baseOffset, Flaws flaws)
    {
        (_file, _baseOffset, _flaws, _entries) = (file, baseOffset, flaws, IndexEntries.Offsets(bytes));
        if (bytes.Length % OffsetIndex.EntrySize != 0)
            flaws.Add(file, bytes.Length, null, $"its {bytes.Length} bytes are no whole number of entries of {OffsetIndex.EntrySize}", Meaning);
        for (var i = 1; i < _entries.Count; i++)
        {
            if (_entries[i].RelativeOffset <= _entries[i - 1].RelativeOffset || _entries[i].Position <= _entries[i - 1].Position)
                flaws.Add(file, (long)i * OffsetIndex.EntrySize, OffsetOf(i), "offset or position does not rise", Meaning);
        }
    }

    public void See(in RecordBatch batch, long position)
    {
        if (_pending is { } pending && batch.LastOffset >= pending.Offset)
            Settle(batch.LastOffset == pending.Offset);
        for (; _at < _entries.Count && _entries[_at].Position <= position; _at++)
        {
            Settle(false);
            if (_entries[_at].Position < position)
                _flaws.Add(_file, At(_at), OffsetOf(_at), $"names byte {_entries[_at].Position}, where no batch begins", Meaning);
            else if (batch.LastOffset > OffsetOf(_at))
                _flaws.Add(_file, At(_at), OffsetOf(_at), $"names offset {OffsetOf(_at)} for a batch that ends at {batch.LastOffset}", Meaning);
            else if (batch.LastOffset < OffsetOf(_at))
                _pending = (OffsetOf(_at), _at);
        }
    }

    /// <summary>The first position above <paramref name="position"/> that an entry names; null when there is none.</summary>
    public long? After(long position)
    {
        foreach (var entry in _entries)
        {
            if (entry.Position > position)
                return entry.Position;
        }
        return null;
    }

    /// <summary>Called at the end of the segment.</summary>
    /// <param name="end">where its last batch ends</param>
    public void End(long end)
    {
        Settle(false);
        for (; _at < _entries.Count; _at++)
            _flaws.Add(_file, At(_at), OffsetOf(_at), $"names byte {_entries[_at].Position}, the batches end at {end}", Meaning);
    }

    private void Settle(bool found)
    {
        if (_pending is { } pending && !found)
            _flaws.Add(_file, At(pending.Entry), pending.Offset, $"names offset {pending.Offset}, which is the last of no batch there", Meaning);
        _pending = null;
    }

    private long OffsetOf(int entry) => _baseOffset + _entries[entry].RelativeOffset;

    private static long At(int entry) => (long)entry * OffsetIndex.EntrySize;
}
