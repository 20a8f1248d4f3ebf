using System.Globalization;
using System.Text;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Which leader epoch began at which offset in this log: what a follower's and a leader's history are compared by.
/// <code>
/// leader-epoch-checkpoint, text: line "0" (version), line count, then lines "epoch start-offset", both rising
/// </code>
/// Epoch e covers the offsets from its start to the start of the next entry (the last: to the log end). The file is written anew at
/// each change, before the records that caused it, so it may know an epoch whose records did not make it; opening cuts that. On a
/// full disk memory goes ahead of the file; no flush succeeds before <see cref="WriteIfBehind"/> does, so recovery reads those records.
/// Owner of writes: the log's writer; readers see one immutable array. The file has a lock of its own.
/// Source: storage/…/epoch/LeaderEpochFileCache.java (KIP-101, KIP-279).
/// </summary>
internal sealed class LeaderEpochCache(ILogFiles files, string path)
{
    public const string FileName = "leader-epoch-checkpoint";

    private readonly Lock _writing = new();
    private Entry[] _entries = [];
    private volatile bool _fileIsBehind;

    public readonly record struct Entry(int Epoch, long StartOffset);

    public IReadOnlyList<Entry> Entries => Volatile.Read(ref _entries);

    public int? Latest => Volatile.Read(ref _entries) is [.., var last] ? last.Epoch : null;

    public int? Earliest => Volatile.Read(ref _entries) is [var first, ..] ? first.Epoch : null;

    /// <summary>Reads the file; false when it is there but makes no sense (the cache is then empty and the log must tell the epochs).</summary>
    public bool TryLoad()
    {
        if (!files.FileExists(path))
            return true;
        var lines = Encoding.UTF8.GetString(files.ReadAllBytes(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var entries = new List<Entry>();
        if (lines is not ["0", var count, ..] || !int.TryParse(count, CultureInfo.InvariantCulture, out var expected) || expected != lines.Length - 2)
            return false;
        foreach (var line in lines[2..])
        {
            if (line.Split(' ') is not [var e, var o] || !int.TryParse(e, CultureInfo.InvariantCulture, out var epoch)
                || !long.TryParse(o, CultureInfo.InvariantCulture, out var start)
                || (entries is [.., var last] && (epoch <= last.Epoch || start < last.StartOffset)))
                return false;
            if (epoch < 0 || start < 0)
                return false;
            entries.Add(new Entry(epoch, start));
        }
        Volatile.Write(ref _entries, [.. entries]);
        return true;
    }

    /// <summary>Notes that <paramref name="epoch"/> begins at <paramref name="startOffset"/>; entries that contradict it go.</summary>
    public void Assign(int epoch, long startOffset)
    {
        if (epoch < 0 || startOffset < 0)
            return;
        if (_entries is [.., var last] && last.Epoch == epoch && last.StartOffset <= startOffset)
            return;
        Replace([.. _entries.Where(e => e.Epoch < epoch && e.StartOffset < startOffset), new Entry(epoch, startOffset)]);
    }

    /// <summary>Drops the epochs that begin at or above <paramref name="endOffset"/>.</summary>
    public void CutEnd(long endOffset)
    {
        if (_entries is [.., var last] && last.StartOffset >= endOffset)
            Replace([.. _entries.Where(e => e.StartOffset < endOffset)]);
    }

    /// <summary>Drops the epochs that end at or below <paramref name="startOffset"/>; the one that covers it then begins there.</summary>
    public void CutStart(long startOffset)
    {
        var covering = Array.FindLastIndex(_entries, e => e.StartOffset <= startOffset);
        if (covering < 0 || (covering == 0 && _entries[0].StartOffset == startOffset))
            return;
        Replace([new Entry(_entries[covering].Epoch, startOffset), .. _entries[(covering + 1)..]]);
    }

    public void Clear()
    {
        if (_entries.Length > 0)
            Replace([]);
    }

    /// <summary>
    /// Where the history of <paramref name="epoch"/> ends here: the asked epoch, or the largest one known below it, with the offset
    /// at which the next epoch begins. (-1, -1): nothing is known, or the asked epoch lies ahead of this log.
    /// </summary>
    public (int Epoch, long EndOffset) EndOffsetFor(int epoch, long logEndOffset)
    {
        var entries = Volatile.Read(ref _entries);
        if (entries.Length == 0 || epoch < 0 || epoch > entries[^1].Epoch)
            return (-1, -1);
        if (epoch == entries[^1].Epoch)
            return (epoch, logEndOffset);
        var next = Array.FindIndex(entries, e => e.Epoch > epoch);
        return next == 0 ? (epoch, entries[0].StartOffset) : (entries[next - 1].Epoch, entries[next].StartOffset);
    }

    public long? StartOf(int epoch)
    {
        foreach (var entry in Volatile.Read(ref _entries))
        {
            if (entry.Epoch == epoch)
                return entry.StartOffset;
        }
        return null;
    }

    /// <summary>The epoch that covers an offset; null when it lies before the first known.</summary>
    public int? Covering(long offset)
    {
        var entries = Volatile.Read(ref _entries);
        for (var i = entries.Length - 1; i >= 0; i--)
        {
            if (entries[i].StartOffset <= offset)
                return entries[i].Epoch;
        }
        return null;
    }

    /// <summary>Drops what begins at or above <paramref name="offset"/> from memory: an append that failed had noted it.</summary>
    public void ForgetFrom(long offset)
    {
        if (_entries is not [.., var last] || last.StartOffset < offset)
            return;
        Volatile.Write(ref _entries, [.. _entries.Where(e => e.StartOffset < offset)]);
        _fileIsBehind = true;
    }

    /// <summary>Writes the file when the last change did not reach it. IOException when it still cannot.</summary>
    public void WriteIfBehind()
    {
        if (_fileIsBehind)
            WriteFile();
    }

    private void Replace(Entry[] entries)
    {
        Volatile.Write(ref _entries, entries);
        try
        {
            WriteFile();
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            return;
        }
    }

    // a flush may write beside the log's writer: the last one to write has the newest entries
    private void WriteFile()
    {
        lock (_writing)
        {
            var entries = Volatile.Read(ref _entries);
            var text = new StringBuilder("0\n").Append(CultureInfo.InvariantCulture, $"{entries.Length}\n");
            foreach (var entry in entries)
                text.Append(CultureInfo.InvariantCulture, $"{entry.Epoch} {entry.StartOffset}\n");
            _fileIsBehind = true;
            files.ReplaceFile(path, Encoding.UTF8.GetBytes(text.ToString()));
            _fileIsBehind = !ReferenceEquals(entries, Volatile.Read(ref _entries));
        }
    }
}
