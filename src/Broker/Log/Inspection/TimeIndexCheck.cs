using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Compares a .timeindex with the batches of its segment while they are walked. An entry must name the largest timestamp up to its
/// offset, and that offset must be the last of the batch that has it. Older brokers named the very record: that is noted, not complained about.
/// </summary>
internal sealed class TimeIndexCheck
{
    private const string Meaning = "a search by time may find the wrong record; delete the file while the broker is down, it is built anew";

    private readonly string _file;
    private readonly long _baseOffset;
    private readonly Flaws _flaws;
    private readonly List<IndexEntries.TimeEntry> _entries;
    private int _at;
    private long _largest = -1;

    public TimeIndexCheck(string file, ReadOnlySpan<byte> bytes, long baseOffset, Flaws flaws)
    {
        (_file, _baseOffset, _flaws, _entries) = (file, baseOffset, flaws, IndexEntries.Times(bytes));
        if (bytes.Length % TimeIndex.EntrySize != 0)
            flaws.Add(file, bytes.Length, null, $"its {bytes.Length} bytes are no whole number of entries of {TimeIndex.EntrySize}", Meaning);
        for (var i = 1; i < _entries.Count; i++)
        {
            if (_entries[i].Timestamp <= _entries[i - 1].Timestamp || _entries[i].RelativeOffset < _entries[i - 1].RelativeOffset)
                flaws.Add(file, At(i), OffsetOf(i), "time or offset does not rise", Meaning);
        }
        // an entry (-1, 0) is what Kafka writes when a segment without times is closed
        if (_entries is [{ Timestamp: -1, RelativeOffset: 0 }, ..])
            _at = 1;
    }

    public void See(in RecordBatch batch, ReadOnlyMemory<byte> bytes)
    {
        _largest = Math.Max(_largest, batch.MaxTimestamp);
        for (; _at < _entries.Count && OffsetOf(_at) <= batch.LastOffset; _at++)
        {
            var (time, offset) = (_entries[_at].Timestamp, OffsetOf(_at));
            if (offset < batch.BaseOffset)
                _flaws.Add(_file, At(_at), offset, $"names offset {offset}, which no batch holds", Meaning);
            else if (_largest > time)
                _flaws.Add(_file, At(_at), offset, $"says no record up to {offset} is younger than {time}, one is of {_largest}", Meaning);
            else if (batch.MaxTimestamp == time && offset != batch.LastOffset && IsFirstOf(bytes, offset, time))
                _flaws.Note(_file, At(_at), offset, $"names record {offset}, its batch ends at {batch.LastOffset}", "brokers before 3.8 wrote it so; searches by time find the same");
            else if (batch.MaxTimestamp != time)
                _flaws.Add(_file, At(_at), offset, $"says offset {offset} is of {time}, its batch's youngest is of {batch.MaxTimestamp}", Meaning);
            else if (offset != batch.LastOffset)
                _flaws.Add(_file, At(_at), offset, $"names offset {offset}, the batch that is of {time} ends at {batch.LastOffset}", Meaning);
        }
    }

    public void End()
    {
        for (; _at < _entries.Count; _at++)
            _flaws.Add(_file, At(_at), OffsetOf(_at), $"names offset {OffsetOf(_at)}, the segment ends before it", Meaning);
    }

    private static bool IsFirstOf(ReadOnlyMemory<byte> bytes, long offset, long time)
    {
        try
        {
            return RecordBatchReader.Read(bytes).FirstOrDefault(r => r.TimestampMs == time) .Offset == offset;
        }
        catch (InvalidRecordsException)
        {
            return false; // its CRC has been complained about
        }
    }

    private long OffsetOf(int entry) => _baseOffset + _entries[entry].RelativeOffset;

    private static long At(int entry) => (long)entry * TimeIndex.EntrySize;
}
