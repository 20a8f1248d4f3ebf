using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Walks one partition directory once and judges all its files; changes nothing. Index files are read before the log and checkpoints
/// after it, so that beside a running broker an index is never ahead of what is walked. Owner: one caller, used once.
/// </summary>
internal sealed class PartitionVerify
{
    private const string LostRecords = "its records cannot be read; restore them from another replica (delete the directory while the broker is down)";
    private const string Overlap = "an offset leads to two records; readers are given the earlier";
    private const string Gap = "records are missing there, or a batch lies about its offset; only compaction leaves gaps";

    private readonly ILogFiles _files;
    private readonly string _directory;
    private readonly bool _closed;
    private readonly long? _compactedBelow;
    private readonly Flaws _flaws = new();
    private readonly EpochCheck _epochs;
    private readonly List<long> _bases = [];
    private readonly List<string> _names;
    private TransactionCheck _transactions;
    private long _next, _batches, _records, _bytes;

    /// <param name="files">the disk</param>
    /// <param name="directory">the partition's</param>
    /// <param name="closed">the directory carries the mark of an orderly stop: an unfinished tail is then a flaw</param>
    /// <param name="compactedBelow">offsets below may have gaps; null when it is not known whether the log was compacted</param>
    public PartitionVerify(ILogFiles files, string directory, bool closed, long? compactedBelow)
    {
        (_files, _directory, _closed, _compactedBelow) = (files, directory, closed, compactedBelow);
        _names = [.. files.ListFiles(directory).Order(StringComparer.Ordinal)];
        _epochs = new EpochCheck(_flaws);
        foreach (var name in _names)
        {
            if (SegmentNames.TryParse(name, SegmentNames.Log, out var offset))
                _bases.Add(offset);
        }
        _transactions = new TransactionCheck(_flaws, _bases is [0, ..], compactedBelow ?? long.MaxValue);
    }

    public PartitionReport Run()
    {
        _next = _bases.Count == 0 ? 0 : _bases[0];
        for (var i = 0; i < _bases.Count; i++)
            Segment(_bases[i], isLast: i == _bases.Count - 1);
        foreach (var name in _names)
        {
            if (SegmentNames.TryParse(name, SegmentNames.Snapshot, out var offset))
                Snapshot(name, offset);
        }
        _epochs.Compare(_files, PathOf(LeaderEpochCache.FileName), _next, _closed);
        Identity();
        if (_bases.Count == 0)
            _flaws.Note(_directory, 0, null, "holds no segment", "the next start begins an empty log");
        return new PartitionReport(_directory, _bases.Count, _batches, _records, _bytes, _bases.Count == 0 ? 0 : _bases[0], _next, _flaws.Found, _flaws.Notes);
    }

    private void Segment(long baseOffset, bool isLast)
    {
        var log = PathOf(SegmentNames.Of(baseOffset, SegmentNames.Log));
        Follows(log, 0, baseOffset);
        var offsets = new OffsetIndexCheck(PathOf(SegmentNames.Of(baseOffset, SegmentNames.Index)), Index(baseOffset, SegmentNames.Index), baseOffset, _flaws);
        var times = new TimeIndexCheck(PathOf(SegmentNames.Of(baseOffset, SegmentNames.TimeIndex)), Index(baseOffset, SegmentNames.TimeIndex), baseOffset, _flaws);
        SegmentReader reader;
        try
        {
            reader = new SegmentReader(_files, log);
        }
        catch (FileNotFoundException) when (!_closed)
        {
            _flaws.Note(log, 0, baseOffset, "went away while it was to be read", "retention of a running broker");
            return;
        }
        using var walk = reader;
        var aborted = SegmentNames.Of(baseOffset, SegmentNames.TransactionIndex);
        _transactions.Begin(PathOf(aborted), _files.FileExists(PathOf(aborted)) ? _files.ReadAllBytes(PathOf(aborted)) : [], isLast && !_closed);
        while (true)
        {
            while (walk.TryNext(out var batch))
                See(in batch, walk, log, offsets, times);
            if (walk.Stop is null || !Stopped(walk, log, isLast, offsets.After(walk.Next)))
                break;
        }
        _bytes += walk.Length;
        offsets.End(walk.Next);
        times.End();
        _transactions.End(_next);
    }

    private void See(in RecordBatch batch, SegmentReader walk, string log, OffsetIndexCheck offsets, TimeIndexCheck times)
    {
        (_batches, _records) = (_batches + 1, _records + batch.RecordCount);
        if (!batch.CrcIsValid)
            _flaws.Add(log, walk.Position, batch.BaseOffset, $"the CRC of the batch at offset {batch.BaseOffset} is wrong", LostRecords);
        Follows(log, walk.Position, batch.BaseOffset);
        _epochs.See(in batch, log, walk.Position);
        offsets.See(in batch, walk.Position);
        times.See(in batch, walk.Current);
        _transactions.See(in batch, walk.Current);
        _next = Math.Max(_next, batch.NextOffset);
    }

    // What follows may be checked all the same, from the next place that the index names.
    private bool Stopped(SegmentReader walk, string log, bool isLast, long? further)
    {
        var (at, rest) = (walk.Next, walk.Length - walk.Next);
        if (walk.StopIsTail && isLast && !_closed)
            _flaws.Note(log, at, _next, $"the last {rest} bytes are no whole batch ({walk.Stop})", "a running broker is writing it, or the next start cuts it");
        else
            _flaws.Add(log, at, _next, $"{rest} bytes hold no batch from here on: {walk.Stop}", LostRecords);
        return further is { } position && walk.TrySkipTo(position);
    }

    private void Follows(string file, long position, long offset)
    {
        if (offset < _next)
            _flaws.Add(file, position, offset, $"begins at offset {offset}, {_next} was to follow", Overlap);
        else if (offset > _next && _compactedBelow is null)
            _flaws.Note(file, position, offset, $"begins at offset {offset}, {_next} was to follow", Gap + "; verify the whole log directory to know");
        else if (offset > _next && _next >= _compactedBelow)
            _flaws.Add(file, position, offset, $"begins at offset {offset}, {_next} was to follow", Gap);
        _next = Math.Max(_next, offset);
    }

    private byte[] Index(long baseOffset, string extension)
    {
        var path = PathOf(SegmentNames.Of(baseOffset, extension));
        if (_files.FileExists(path))
            return _files.ReadAllBytes(path);
        if (baseOffset != _bases[^1] || _closed)
            _flaws.Note(path, 0, null, "is missing", "built anew at the next start");
        return [];
    }

    private void Snapshot(string name, long offset)
    {
        const string meaning = "passed over at the next start; the batches are read instead";
        var path = PathOf(name);
        if (!_files.FileExists(path))
            return; // a running broker has replaced it
        var producers = IndexEntries.Snapshot(_files.ReadAllBytes(path), out var flaw);
        if (flaw is not null)
        {
            _flaws.Add(path, 0, offset, flaw, meaning);
            return;
        }
        if (offset > _next && _closed)
            _flaws.Add(path, 0, offset, $"is of offset {offset}, the log ends at {_next}", meaning);
        foreach (var (producer, at) in producers.Select((p, i) => (p, IndexEntries.SnapshotHeader + (long)i * IndexEntries.SnapshotEntrySize)))
        {
            if (producer.LastOffset >= offset || producer.TransactionFirstOffset >= offset)
                _flaws.Add(path, at, producer.LastOffset, $"producer {producer.ProducerId} wrote offset {producer.LastOffset}, not below {offset}", meaning);
        }
    }

    private void Identity()
    {
        var path = PathOf(PartitionMetadataFile.FileName);
        try
        {
            PartitionMetadataFile.Read(_files, _directory);
        }
        catch (LogStorageException)
        {
            _flaws.Add(path, 1, null, "does not hold a topic id", "the partition cannot be loaded; delete the file while the broker is down");
        }
    }

    private string PathOf(string name) => Path.Combine(_directory, name);
}
