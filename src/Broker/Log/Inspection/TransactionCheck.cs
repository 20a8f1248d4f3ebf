using System.Buffers.Binary;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Follows the transactions of a partition through its segments and compares each .txnindex with the abort markers met: every aborted
/// transaction that has records is listed, with its producer, first offset, marker and the last stable offset of that moment.
/// What compaction went over is believed: it removes data and, later, markers.
/// </summary>
internal sealed class TransactionCheck(Flaws flaws, bool fromTheBeginning, long compactedBelow)
{
    private const string Meaning = "a read_committed consumer may be given aborted records or miss committed ones; the file is built anew when its segment is recovered";

    private readonly Dictionary<long, long> _open = [];
    private string _file = "";
    private List<IndexEntries.AbortedEntry> _entries = [];
    private int _at;
    private bool _mayLag;

    /// <summary>Begins a segment.</summary>
    /// <param name="mayLag">a broker may be writing: the newest aborts may not be listed yet</param>
    public void Begin(string file, ReadOnlySpan<byte> bytes, bool mayLag)
    {
        (_file, _entries, _at, _mayLag) = (file, IndexEntries.Aborted(bytes), 0, mayLag);
        if (bytes.Length % IndexEntries.TransactionEntrySize != 0)
            flaws.Add(file, bytes.Length, null, $"its {bytes.Length} bytes are no whole number of entries of {IndexEntries.TransactionEntrySize}", Meaning);
    }

    public void See(in RecordBatch batch, ReadOnlyMemory<byte> bytes)
    {
        if (!batch.IsTransactional)
            return;
        if (!batch.IsControl)
        {
            _open.TryAdd(batch.ProducerId, batch.BaseOffset);
            return;
        }
        var known = _open.Remove(batch.ProducerId, out var first);
        if (IsAbort(bytes))
            SeeAbort(in batch, known ? first : null);
    }

    public void End(long nextOffset)
    {
        for (; _at < _entries.Count; _at++)
        {
            if (!_mayLag || _entries[_at].LastOffset < nextOffset)
                NoMarker();
        }
    }

    private void SeeAbort(in RecordBatch batch, long? first)
    {
        for (; _at < _entries.Count && _entries[_at].LastOffset < batch.LastOffset; _at++)
            NoMarker();
        if (_at >= _entries.Count || _entries[_at].LastOffset != batch.LastOffset)
        {
            if (first is null || batch.LastOffset < compactedBelow)
                return;
            var what = $"does not list the transaction of producer {batch.ProducerId} from {first}, aborted at {batch.LastOffset}";
            if (_mayLag)
                flaws.Note(_file, At, batch.LastOffset, what, "a broker may be about to write it");
            else
                flaws.Add(_file, At, batch.LastOffset, what, Meaning);
            return;
        }
        var entry = _entries[_at];
        var stable = _open.Count == 0 ? batch.NextOffset : _open.Values.Min();
        if (entry.Version != 0)
            flaws.Add(_file, At, entry.LastOffset, $"has version {entry.Version}, not 0", Meaning);
        else if (entry.ProducerId != batch.ProducerId)
            flaws.Add(_file, At, entry.LastOffset, $"names producer {entry.ProducerId}, the marker is of {batch.ProducerId}", Meaning);
        else if (batch.LastOffset >= compactedBelow && first is { } began && entry.FirstOffset != began)
            flaws.Add(_file, At, entry.LastOffset, $"says the transaction began at {entry.FirstOffset}, it began at {began}", Meaning);
        else if (batch.LastOffset >= compactedBelow && fromTheBeginning && entry.LastStableOffset != stable)
            flaws.Add(_file, At, entry.LastOffset, $"says the last stable offset was {entry.LastStableOffset}, it was {stable}", Meaning);
        _at++;
    }

    private void NoMarker()
    {
        if (_entries[_at].LastOffset >= compactedBelow)
            flaws.Add(_file, At, _entries[_at].LastOffset, $"names an abort marker at {_entries[_at].LastOffset}, there is none", Meaning);
    }

    private long At => (long)_at * IndexEntries.TransactionEntrySize;

    // key of a control record: int16 version, int16 type, 0 is ABORT
    private static bool IsAbort(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return RecordBatchReader.Read(bytes) is [{ Key: { Length: >= 4 } key }, ..] && BinaryPrimitives.ReadInt16BigEndian(key.Span[2..]) == 0;
        }
        catch (InvalidRecordsException)
        {
            return false; // its CRC has been complained about
        }
    }
}
