using System.Buffers.Binary;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The aborted transactions whose markers lie in one segment (<c>.txnindex</c>), in the order of their markers. There is no file where
/// nothing was aborted.
/// <code>
/// entry, 34 bytes: int16 version 0, int64 producer id, int64 first offset, int64 last offset, int64 last stable offset     big-endian
/// </code>
/// An entry goes to the file when its marker is appended. It is a cache as the other indexes are: what is in the log decides, and
/// recovery builds a file anew whose segment it scans, or whose content makes no sense.
/// Owner of writes: the log's writer. Readers see a count and an array at least as new.
/// Source: storage/…/internals/log/TransactionIndex.java, AbortedTxn.java (KIP-98).
/// </summary>
internal sealed class TransactionIndex(ILogFiles files, string path)
{
    public const int EntrySize = 34;

    private const short Version = 0;

    private AbortedTransaction[] _entries = [];
    private int _count;
    private bool _fileIsBehind;

    public int Count => Volatile.Read(ref _count);

    public AbortedTransaction this[int number] => Volatile.Read(ref _entries)[number];

    /// <summary>Every entry, in the order of the markers.</summary>
    public IEnumerable<AbortedTransaction> All => Enumerable.Range(0, Count).Select(i => this[i]);

    /// <summary>Notes an aborted transaction in memory and in the file.</summary>
    public void Add(in AbortedTransaction aborted)
    {
        Remember(aborted);
        if (_fileIsBehind)
        {
            Replace();
            return;
        }
        Span<byte> bytes = stackalloc byte[EntrySize];
        Write(bytes, aborted);
        try
        {
            using var file = files.Open(path, create: true);
            file.Append(bytes);
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            _fileIsBehind = true;
        }
    }

    /// <summary>Notes an aborted transaction in memory only: a rebuild ends with <see cref="Replace"/>.</summary>
    public void Remember(in AbortedTransaction aborted)
    {
        if (_count == _entries.Length)
        {
            var larger = new AbortedTransaction[Math.Max(4, _entries.Length * 2)];
            _entries.AsSpan(0, _count).CopyTo(larger);
            Volatile.Write(ref _entries, larger);
        }
        _entries[_count] = aborted;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Makes the file what is in memory; on a full disk it is tried again by <see cref="WriteIfBehind"/>.</summary>
    public void Replace()
    {
        _fileIsBehind = true;
        try
        {
            WriteIfBehind();
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            return;
        }
    }

    /// <summary>Writes what a full disk had no room for; IOException when it still has none.</summary>
    public void WriteIfBehind()
    {
        if (!_fileIsBehind)
            return;
        WriteFile();
        _fileIsBehind = false;
    }

    private void WriteFile()
    {
        if (_count == 0)
        {
            files.DeleteFile(path);
            return;
        }
        var bytes = new byte[_count * EntrySize];
        for (var i = 0; i < _count; i++)
            Write(bytes.AsSpan(i * EntrySize), _entries[i]);
        using var file = files.Open(path, create: true);
        file.Truncate(0);
        file.Append(bytes);
    }

    /// <summary>Drops the transactions whose markers lie at or above <paramref name="offset"/>.</summary>
    public void CutAt(long offset)
    {
        var count = _count;
        while (count > 0 && _entries[count - 1].LastOffset >= offset)
            count--;
        if (count == _count)
            return;
        Volatile.Write(ref _count, count);
        Replace();
    }

    /// <summary>
    /// Takes over the file, if there is one; false when its content cannot be of a segment that begins at <paramref name="baseOffset"/>.
    /// </summary>
    public bool TryLoad(long baseOffset)
    {
        Volatile.Write(ref _count, 0);
        if (!files.FileExists(path))
            return true;
        var bytes = files.ReadAllBytes(path).AsSpan();
        if (bytes.Length % EntrySize != 0)
            return false;
        for (; bytes.Length > 0; bytes = bytes[EntrySize..])
        {
            var entry = new AbortedTransaction(
                BinaryPrimitives.ReadInt64BigEndian(bytes[2..]), BinaryPrimitives.ReadInt64BigEndian(bytes[10..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes[18..]), BinaryPrimitives.ReadInt64BigEndian(bytes[26..]));
            if (BinaryPrimitives.ReadInt16BigEndian(bytes) != Version || entry.ProducerId < 0 || entry.FirstOffset < 0
                || entry.LastOffset < baseOffset || entry.LastOffset < entry.FirstOffset
                || (_count > 0 && entry.LastOffset <= _entries[_count - 1].LastOffset))
                return false;
            Remember(entry);
        }
        return true;
    }

    /// <summary>
    /// Adds the transactions that have records between <paramref name="from"/> and <paramref name="upTo"/> (exclusive). True when no later
    /// marker can end one that has: then no further segment need be asked.
    /// </summary>
    public bool Collect(long from, long upTo, List<AbortedTransaction> found)
    {
        var count = Count;
        var entries = Volatile.Read(ref _entries);
        for (var i = 0; i < count; i++)
        {
            if (entries[i].LastOffset >= from && entries[i].FirstOffset < upTo)
                found.Add(entries[i]);
            if (entries[i].LastStableOffset >= upTo)
                return true;
        }
        return false;
    }

    private static void Write(Span<byte> bytes, in AbortedTransaction aborted)
    {
        BinaryPrimitives.WriteInt16BigEndian(bytes, Version);
        BinaryPrimitives.WriteInt64BigEndian(bytes[2..], aborted.ProducerId);
        BinaryPrimitives.WriteInt64BigEndian(bytes[10..], aborted.FirstOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes[18..], aborted.LastOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes[26..], aborted.LastStableOffset);
    }
}
