using System.Buffers;
using System.Buffers.Binary;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// A stretch of the log in one <c>.log</c> file, named by its base offset, with its indexes. The last segment is active: it
/// alone is appended to, keeps its file open and its indexes in memory. A sealed segment opens its file and loads its indexes
/// when it is read, and gives them up again when it has been idle (<see cref="Rest"/>).
/// Owner of writing members: the log's writer. Reading members are safe beside it.
/// </summary>
internal sealed partial class LogSegment : IDisposable
{
    private const int ScanBlock = 4096;

    private readonly ILogFiles _files;
    private readonly string _directory;
    private readonly LogOptions _options;
    private readonly Lock _gate = new();
    private ISegmentFile? _file;
    private OffsetIndex? _offsets;
    private TimeIndex? _times;
    private string _suffix;
    private long _size;
    private int _bytesSinceIndexEntry;
    private int _persistedOffsets = -1, _persistedTimes = -1;
    private bool _used, _indexesAreDurable;

    public LogSegment(ILogFiles files, string directory, long baseOffset, LogOptions options, DateTimeOffset created,
        string suffix = "")
    {
        (_files, _directory, BaseOffset, _options, Created, _suffix) = (files, directory, baseOffset, options, created, suffix);
    }

    public long BaseOffset { get; }

    /// <summary>When the segment was begun or found: its age where records carry no time.</summary>
    public DateTimeOffset Created { get; }

    public long Size => Volatile.Read(ref _size);

    /// <summary>Largest timestamp of the first batch, by which the age of the segment is measured; -1 unknown.</summary>
    public long FirstTimestamp { get; private set; } = -1;

    /// <summary>Largest timestamp so far, and the last offset of the batch that holds it; -1 when there is none.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    public long OffsetOfMaxTimestamp { get; private set; } = -1;

    public bool IndexesAreFull => Offsets.IsFull || Times.IsFull;

    public OffsetIndex Offsets => _offsets ?? LoadIndexes().Offsets;

    public TimeIndex Times => _times ?? LoadIndexes().Times;

    public string PathOf(string extension) => Path.Combine(_directory, SegmentNames.Of(BaseOffset, extension) + _suffix);

    public bool CanHold(long lastOffset) => lastOffset - BaseOffset is >= 0 and <= int.MaxValue;

    /// <summary>Creates an empty segment.</summary>
    public static LogSegment Create(ILogFiles files, string directory, long baseOffset, LogOptions options, DateTimeOffset now, string suffix = "")
    {
        var segment = new LogSegment(files, directory, baseOffset, options, now, suffix)
        {
            _offsets = new OffsetIndex(options.IndexMaxBytes),
            _times = new TimeIndex(options.IndexMaxBytes),
        };
        segment.BeginTransactions();
        foreach (var extension in SegmentNames.PerSegment)
            files.DeleteFile(segment.PathOf(extension));
        segment._file = files.Open(segment.PathOf(SegmentNames.Log), create: true);
        return segment;
    }

    /// <summary>Takes up the file of an existing segment; what it holds is told by <see cref="Load"/> or <see cref="SegmentScan"/>.</summary>
    public void OpenFile()
    {
        _file = _files.Open(PathOf(SegmentNames.Log), create: false);
        Volatile.Write(ref _size, _file.Length);
    }

    /// <summary>
    /// Trusts the index files of a segment that was flushed: false when one is missing or senseless, then it must be scanned.
    /// </summary>
    public bool Load()
    {
        lock (_gate)
        {
            if (!TryLoadIndexes())
                return false;
            if (!TryLoadTransactions())
                ForgetTransactions();
        }
        if (Size < RecordBatch.HeaderSize)
            return true;
        var header = new byte[RecordBatch.HeaderSize];
        ReadAt(header, 0);
        FirstTimestamp = BatchHead.Read(header).MaxTimestamp;
        if (Times.Last is { } last)
            (MaxTimestamp, OffsetOfMaxTimestamp) = (last.Timestamp, BaseOffset + last.RelativeOffset);
        // a segment closed in order always has a last entry, and without it the segment would never be found by time
        return FirstTimestamp < 0 || Times.Count > 0;
    }

    /// <summary>Empties the indexes, before a scan adds to them again batch by batch.</summary>
    public void ForgetIndexes()
    {
        (_offsets, _times) = (new OffsetIndex(_options.IndexMaxBytes), new TimeIndex(_options.IndexMaxBytes));
        (_persistedOffsets, _persistedTimes) = (-1, -1);
        (FirstTimestamp, MaxTimestamp, OffsetOfMaxTimestamp, _bytesSinceIndexEntry) = (-1, -1, -1, 0);
        ForgetTransactions();
    }

    /// <summary>Writes whole batches at the end; then their index entries and the segment's largest timestamp.</summary>
    public void Append(ReadOnlyMemory<byte> batches)
    {
        var position = Size;
        File.Append(batches.Span);
        Volatile.Write(ref _size, position + batches.Length);
        for (var rest = batches.Span; rest.Length > 0;)
        {
            var batch = new RecordBatch(rest);
            Index(in batch, position);
            position += batch.Length;
            rest = rest[(int)batch.Length..];
        }
    }

    /// <summary>Notes a batch that lies at <paramref name="position"/>: an entry in both indexes once enough bytes have gone by.</summary>
    public void Index(in RecordBatch batch, long position)
    {
        if (FirstTimestamp < 0)
            FirstTimestamp = batch.MaxTimestamp;
        if (batch.MaxTimestamp > MaxTimestamp)
            (MaxTimestamp, OffsetOfMaxTimestamp) = (batch.MaxTimestamp, batch.LastOffset);
        if (_bytesSinceIndexEntry > _options.IndexIntervalBytes)
        {
            Offsets.Add((int)(batch.LastOffset - BaseOffset), (int)position);
            Times.Add(MaxTimestamp, (int)(OffsetOfMaxTimestamp - BaseOffset));
            _bytesSinceIndexEntry = 0;
        }
        _bytesSinceIndexEntry += (int)batch.Length;
    }

    /// <summary>Closes the segment for appends: the final time index entry, and both indexes to their files.</summary>
    public void Seal()
    {
        // a segment at rest was sealed before it was put there
        if (MaxTimestamp >= 0 && _times is not null)
            Times.Add(MaxTimestamp, (int)(OffsetOfMaxTimestamp - BaseOffset), final: true);
        PersistIndexes();
    }

    /// <summary>
    /// Position and header of the first batch whose last offset is not below <paramref name="offset"/>; null when the segment ends
    /// before it (compaction leaves such gaps). A position that does not hold a batch is an error: the log is broken there.
    /// </summary>
    public (long Position, BatchHead Head)? Find(long offset)
    {
        var end = Size;
        var position = (long)Offsets.Find(Math.Min(offset - BaseOffset, int.MaxValue));
        if (position >= end)
            position = 0;
        var block = ArrayPool<byte>.Shared.Rent(ScanBlock);
        var next = BaseOffset;
        try
        {
            while (position + RecordBatch.HeaderSize <= end)
            {
                var read = ReadAt(block.AsSpan(0, (int)Math.Min(ScanBlock, end - position)), position);
                var start = position;
                while (position + RecordBatch.HeaderSize <= start + read)
                {
                    var head = BatchHead.Read(block.AsSpan((int)(position - start), RecordBatch.HeaderSize));
                    if (!head.IsSane || position + head.Length > end || head.BaseOffset < next)
                        throw new InvalidDataException($"{PathOf(SegmentNames.Log)} holds no batch at {position}.");
                    if (head.LastOffset >= offset)
                        return (position, head);
                    next = head.NextOffset;
                    position += head.Length;
                }
                if (position == start)
                    throw new InvalidDataException($"{PathOf(SegmentNames.Log)} ends at {start + read}, {end} bytes were written.");
            }
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    public int ReadAt(Span<byte> destination, long position)
    {
        _used = true;
        while (true)
        {
            var file = File;
            try
            {
                return file.ReadAt(destination, position);
            }
            catch (ObjectDisposedException) when (!ReferenceEquals(file, Volatile.Read(ref _file)))
            {
                // put to rest between taking the handle and using it: open it again
            }
        }
    }

    /// <summary>These bytes will be read soon: the disk may begin.</summary>
    public void WillNeed(long position, int length) => File.WillNeed(position, length);

    /// <summary>Cuts everything from <paramref name="position"/> on, and the indexes with it, in memory and on disk.</summary>
    public void CutAt(long position, long nextOffset)
    {
        File.Truncate(position);
        // On the disk before anything else is appended here: after a power loss what was cut must not stand again under epochs that are not its own.
        File.Flush();
        Volatile.Write(ref _size, position);
        var (offsets, times) = (Offsets, Times);
        offsets.CutAt(position);
        times.CutAt(nextOffset - BaseOffset);
        (_persistedOffsets, _persistedTimes) = (-1, -1);
        CutTransactions(nextOffset);
        if (OffsetOfMaxTimestamp >= nextOffset)
            (MaxTimestamp, OffsetOfMaxTimestamp) = times.Last is { } last ? (last.Timestamp, BaseOffset + last.RelativeOffset) : (-1, -1);
        if (position == 0)
            FirstTimestamp = -1;
        PersistIndexesIfRoom();
    }

    /// <summary>Called after <see cref="CutAt"/> for what is left behind the last time index entry.</summary>
    public void NoteTimestamp(long maxTimestamp, long lastOffset)
    {
        if (FirstTimestamp < 0)
            FirstTimestamp = maxTimestamp;
        if (maxTimestamp > MaxTimestamp)
            (MaxTimestamp, OffsetOfMaxTimestamp) = (maxTimestamp, lastOffset);
    }

    /// <summary>Makes the batches durable; with <paramref name="indexesToo"/> also both index files, as a start without a scan needs them.</summary>
    public void Flush(bool indexesToo)
    {
        lock (_gate)
        {
            File.Flush();
            if (!indexesToo)
                return;
            PersistIndexes();
            if (_indexesAreDurable)
                return;
            foreach (var extension in (ReadOnlySpan<string>)[SegmentNames.Index, SegmentNames.TimeIndex])
            {
                using var index = _files.Open(PathOf(extension), create: true);
                index.Flush();
            }
            FlushTransactions();
            _indexesAreDurable = true;
        }
    }

    /// <summary>Writes both index files when they are behind the arrays.</summary>
    public void PersistIndexes()
    {
        lock (_gate)
        {
            if (_offsets is { } offsets && offsets.Count != _persistedOffsets)
                _persistedOffsets = Persist(SegmentNames.Index, _persistedOffsets, offsets.Count, OffsetIndex.EntrySize, offsets.ToBytes);
            if (_times is { } times && times.Count != _persistedTimes)
                _persistedTimes = Persist(SegmentNames.TimeIndex, _persistedTimes, times.Count, TimeIndex.EntrySize, times.ToBytes);
        }
    }

    // on a full disk they stay in memory; a flush or a stop in order asks for them again
    private void PersistIndexesIfRoom()
    {
        try
        {
            PersistIndexes();
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            return;
        }
    }

    /// <summary>Gives up the file and the indexes of a sealed segment, unless it was read since the last call and this is not asked for now.</summary>
    public void Rest(bool now = false)
    {
        lock (_gate)
        {
            if (_used && !now)
            {
                _used = false;
                return;
            }
            if (_offsets is null && _file is null)
                return;
            PersistIndexes();
            RestTransactions();
            (_offsets, _times) = (null, null);
            Interlocked.Exchange(ref _file, null)?.Dispose();
        }
    }

    /// <summary>Renames the files so that they count as deleted; open reads go on from the open file.</summary>
    public void MarkDeleted() => MoveTo(SegmentNames.Deleted);

    /// <summary>Gives the files another suffix, the log file last: by its name recovery tells what counts.</summary>
    public void MoveTo(string suffix)
    {
        lock (_gate)
        {
            foreach (var extension in SegmentNames.PerSegment.Reverse())
            {
                var path = PathOf(extension);
                if (_files.FileExists(path))
                    _files.Rename(path, Path.Combine(_directory, SegmentNames.Of(BaseOffset, extension) + suffix));
            }
            _suffix = suffix;
        }
    }

    /// <summary>Bytes of the larger index as it is on disk; 0 where there is none.</summary>
    public long IndexFileBytes()
    {
        lock (_gate)
            return new[] { PathOf(SegmentNames.Index), PathOf(SegmentNames.TimeIndex) }.Max(p => _files.FileExists(p) ? _files.FileLength(p) : 0);
    }

    public void DeleteFiles()
    {
        Dispose();
        foreach (var extension in SegmentNames.PerSegment)
            _files.DeleteFile(PathOf(extension));
    }

    public void Dispose()
    {
        lock (_gate)
            Interlocked.Exchange(ref _file, null)?.Dispose();
    }

    private ISegmentFile File
    {
        get
        {
            if (Volatile.Read(ref _file) is { } open)
                return open;
            lock (_gate)
                return _file ??= _files.Open(PathOf(SegmentNames.Log), create: false);
        }
    }

    // an index that broke while the broker runs is done without: the scan then begins at the start of the file
    private (OffsetIndex Offsets, TimeIndex Times) LoadIndexes()
    {
        lock (_gate)
        {
            _used = true;
            if ((_offsets is null || _times is null) && !TryLoadIndexes())
                (_offsets, _times) = (new OffsetIndex(_options.IndexMaxBytes), new TimeIndex(_options.IndexMaxBytes));
            return (_offsets!, _times!);
        }
    }

    private bool TryLoadIndexes()
    {
        var (offsets, times) = (new OffsetIndex(_options.IndexMaxBytes), new TimeIndex(_options.IndexMaxBytes));
        if (!TryReadIndex(SegmentNames.Index, bytes => offsets.TryLoad(bytes, Size))
            || !TryReadIndex(SegmentNames.TimeIndex, bytes => times.TryLoad(bytes)))
            return false;
        (_offsets, _times) = (offsets, times);
        return true;
    }

    private bool TryReadIndex(string extension, Func<byte[], bool> load)
    {
        var path = PathOf(extension);
        return _files.FileExists(path) && load(_files.ReadAllBytes(path));
    }

    // Entries never change, so a file that holds the first ones as far as we wrote them needs only the rest.
    private int Persist(string extension, int persisted, int count, int entrySize, Func<int, byte[]> bytesFrom)
    {
        using var file = _files.Open(PathOf(extension), create: true);
        if (persisted < 0 || persisted > count || file.Length != (long)persisted * entrySize)
        {
            file.Truncate(0);
            persisted = 0;
        }
        var bytes = bytesFrom(persisted);
        _indexesAreDurable = false;
        file.Append(bytes);
        return persisted + bytes.Length / entrySize;
    }
}
