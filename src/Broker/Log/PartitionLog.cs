using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// One partition's records: segments on disk in order of their base offsets, the last one active, with the history of leader epochs.
/// An append gives offsets, writes the bytes with one call, notes them in the sparse indexes, and only then publishes the new log
/// end, so that a reader never sees less than whole batches. A leader's newest batches also stay in memory (<see cref="HotTail"/>). What reaches the page cache is "written"; <see cref="Flush"/> makes it
/// durable and moves the recovery point. One open file per active partition, plus one per older segment being read.
/// <para>
/// Owner of all members that change the log: the partition's lock, which the caller holds. Reading members are safe beside one
/// writer: they work on the published segments and log end, and start over when a truncation (told by a counter that is odd while
/// it runs) came between. <see cref="Flush"/> and <see cref="RestIdleSegments"/> may run beside everything.
/// </para>
/// A disk that fails during a change takes the log offline: what is in memory no longer tells what is on disk, so every later call
/// throws <see cref="LogStorageException"/> (KAFKA_STORAGE_ERROR) until the broker starts again.
/// </summary>
public sealed partial class PartitionLog : IDisposable
{
    private readonly ILogFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LeaderEpochCache _epochs;
    private readonly ProducerStates _producers;
    private readonly Lock _cutGate = new();
    private readonly Lock _flushGate = new();
    private readonly List<(LogSegment Segment, DateTimeOffset Due)> _deleted = [];
    private readonly HotTail _tail;
    private readonly ReadSpots _spots = new();
    private LogSegment[] _segments;
    private LogOptions _options;
    private string _directory;
    private long _logStart, _logEnd, _recoveryPoint, _lastFlush;
    private int _cuts;
    private volatile Exception? _failure;
    private readonly uint _jitterShare;

    private PartitionLog(string directory, TopicPartition id, LogOptions options, ILogFiles files, TimeProvider time, ILogger logger)
    {
        (_directory, Id, _options, _files, _time, _logger) = (directory, id, options, files, time, logger);
        _epochs = new LeaderEpochCache(files, Path.Combine(directory, LeaderEpochCache.FileName));
        _producers = new ProducerStates(files, () => Directory, id, () => Options, time);
        _tail = new HotTail(options.HotTail);
        _segments = [];
        _jitterShare = Crc32C.Compute(System.Text.Encoding.UTF8.GetBytes(id.ToString()));
        _lastFlush = time.GetTimestamp();
    }

    /// <summary>
    /// Opens the log in <paramref name="directory"/>, creating what is not there, and recovers it where it may hold what a crash left
    /// half written.
    /// </summary>
    /// <param name="cleanShutdown">the directory carries the mark of an orderly stop: nothing is scanned</param>
    /// <param name="recoveryPoint">offsets below are known to be on the disk</param>
    /// <param name="logStartOffset">as checkpointed; 0 when it never moved</param>
    public static PartitionLog Open(string directory, TopicPartition id, LogOptions options, ILogFiles files, TimeProvider time,
        ILogger logger, bool cleanShutdown, long recoveryPoint, long logStartOffset = 0, RecoveryProgress? progress = null)
    {
        files.CreateDirectory(directory);
        var log = new PartitionLog(directory, id, options, files, time, logger);
        try
        {
            var found = new LogRecovery(directory, id, options, files, time, logger, progress ?? new RecoveryProgress(time)).Run(cleanShutdown, recoveryPoint, logStartOffset);
            log._segments = [.. found.Segments];
            log._logEnd = found.NextOffset;
            log._logStart = Math.Max(logStartOffset, log._segments[0].BaseOffset);
            log._recoveryPoint = Math.Min(recoveryPoint, found.NextOffset);
            log.TopicId = PartitionMetadataFile.ReadOrNone(files, directory, logger);
            log.LoadEpochs(found);
            log._producers.Rebuild(log._segments, log._logEnd);
            if (found.Scanned)
                log.FlushIfRoom();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    public TopicPartition Id { get; }

    public string Directory => Volatile.Read(ref _directory);

    /// <summary>May be replaced at any time by the owner; segments keep the index settings they were begun with.</summary>
    public LogOptions Options
    {
        get => Volatile.Read(ref _options);
        set => Volatile.Write(ref _options, value);
    }

    /// <summary>The first offset that may be read.</summary>
    public long LogStartOffset => Volatile.Read(ref _logStart);

    /// <summary>The offset the next record gets.</summary>
    public long LogEndOffset => Volatile.Read(ref _logEnd);

    /// <summary>The latest leader epoch this log knows of; null while it knows none.</summary>
    public int? LatestEpoch => _epochs.Latest;

    /// <summary>The leader epoch at the log start; null while this log knows none.</summary>
    public int? EarliestEpoch => _epochs.Earliest;

    /// <summary>From partition.metadata; null when the directory has none.</summary>
    public Guid? TopicId { get; private set; }

    /// <summary>Bytes of all segments.</summary>
    public long SizeBytes
    {
        get
        {
            long size = 0;
            foreach (var segment in Volatile.Read(ref _segments))
                size += segment.Size;
            return size;
        }
    }

    /// <summary>Offsets below are on the disk, not only in the page cache.</summary>
    public long RecoveryPoint => Volatile.Read(ref _recoveryPoint);

    /// <summary>The disk failed this log; see the class comment.</summary>
    public bool IsOffline => _failure is not null;

    /// <summary>Base offset of the oldest segment.</summary>
    public long FirstSegmentOffset => Volatile.Read(ref _segments)[0].BaseOffset;

    public int SegmentCount => Volatile.Read(ref _segments).Length;

    /// <summary>Called under the owner's lock before a truncation goes below an offset that a checkpoint file names as flushed.</summary>
    internal Action<PartitionLog>? RecoveryPointLowered { get; set; }

    /// <summary>Called when the disk failed a change, with the cause: the directory's other logs are then not to be trusted either.</summary>
    internal Action<Exception>? Failed { get; set; }

    private LogSegment Active => _segments[^1];

    public void SetTopicId(Guid topicId) => Change("write partition.metadata of", () =>
    {
        if (TopicId == topicId)
            return;
        PartitionMetadataFile.Write(_files, Directory, topicId);
        TopicId = topicId;
    });

    /// <summary>Notes that <paramref name="leaderEpoch"/> begins at the log end; to be called before the new leader serves anything.</summary>
    public void BeginEpoch(int leaderEpoch) => Change("note an epoch of", () => _epochs.Assign(leaderEpoch, LogEndOffset));

    /// <summary>
    /// Where the history of an epoch ends in this log (the answer to OffsetForLeaderEpoch): the latest epoch ends at the log end; one
    /// below the first known ends where that begins; any other is answered by the largest known epoch not above it and the start of
    /// the next. (-1, -1) when no epoch is known or the asked one lies ahead.
    /// </summary>
    public (int Epoch, long EndOffset) EndOffsetFor(int epoch) => _epochs.EndOffsetFor(epoch, LogEndOffset);

    /// <summary>The offset an epoch began at, null when this log does not know the epoch.</summary>
    public long? FirstOffsetOfEpoch(int epoch) => _epochs.StartOf(epoch);

    /// <summary>
    /// Writes one batch from a producer or coordinator. Offsets, leader epoch and (on topics that stamp on append) the time are
    /// written into <paramref name="records"/> itself. A batch that an idempotent producer sent before is not written again: the
    /// answer then names the offsets and the time it has in the log, and 0 batches.
    /// </summary>
    /// <exception cref="LogAppendException">the records were refused, nothing was written</exception>
    /// <exception cref="LogStorageException">the disk failed; the log is offline</exception>
    public LogAppend AppendAsLeader(Memory<byte> records, int leaderEpoch, in AppendRules rules)
    {
        ThrowIfOffline();
        var options = Options;
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var bytes = LeaderAppendRules.Check(records, Id, options, rules, now);
        if (_producers.Check(new RecordBatch(bytes.Span), rules.Origin) is { } before)
            return new LogAppend(before.FirstOffset, before.LastOffset, before.Timestamp, LogStartOffset, 0, 0);
        var first = LogEndOffset;
        RecordBatch.SetBaseOffset(bytes.Span, first);
        RecordBatch.SetLeaderEpoch(bytes.Span, leaderEpoch);
        var batch = new RecordBatch(bytes.Span);
        var (last, maxTimestamp) = (batch.LastOffset, batch.MaxTimestamp);
        try
        {
            _epochs.Assign(leaderEpoch, first);
            Write(bytes, first, last, maxTimestamp);
            _tail.Append(bytes.Span, first, last);
            Volatile.Write(ref _logEnd, last + 1);
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            throw ChangeFailed("append to", e);
        }
        FlushIfDue(options);
        return new LogAppend(first, last, options.AppendTime ? now : -1, LogStartOffset, 1, bytes.Length);
    }

    /// <summary>
    /// Writes batches as the leader sent them, byte for byte. They must begin at the log end (or above it, over a gap that
    /// compaction left) and follow each other; each is verified, since what a follower stores it may have to serve as leader.
    /// A cut last batch is left out.
    /// </summary>
    /// <exception cref="LogAppendException">CORRUPT_MESSAGE or OFFSET_OUT_OF_RANGE; nothing was written</exception>
    /// <exception cref="LogStorageException">the disk failed; the log is offline</exception>
    public LogAppend AppendAsFollower(Memory<byte> records)
    {
        ThrowIfOffline();
        var set = FollowerBatches.Check(records.Span, Id, LogEndOffset);
        if (set.Count == 0)
            return new LogAppend(-1, -1, -1, LogStartOffset, 0, 0);
        var bytes = records[..set.Bytes];
        try
        {
            foreach (var (epoch, offset) in set.Epochs)
                _epochs.Assign(epoch, offset);
            Write(bytes, set.FirstOffset, set.LastOffset, set.MaxTimestamp);
            // whoever follows is hardly read from: what it kept as a leader is soon not the tail any more
            _tail.Clear();
            Volatile.Write(ref _logEnd, set.LastOffset + 1);
        }
        catch (Exception e) when (IsDiskFailure(e))
        {
            // epochs of the batches that did not fit
            _epochs.ForgetFrom(LogEndOffset + 1);
            throw ChangeFailed("append to", e);
        }
        FlushIfDue(Options);
        return new LogAppend(set.FirstOffset, set.LastOffset, -1, LogStartOffset, set.Count, set.Bytes);
    }

    private void Write(ReadOnlyMemory<byte> bytes, long firstOffset, long lastOffset, long maxTimestamp)
    {
        if (MustRoll(bytes.Length, lastOffset, maxTimestamp))
            Roll(firstOffset);
        Active.Append(bytes);
        NoteProducers(bytes);
    }

    private void NoteProducers(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            for (var rest = bytes.Span; rest.Length > 0; rest = rest[(int)new RecordBatch(rest).Length..])
            {
                if (_producers.Note(new RecordBatch(rest)) is { IsAborted: true } aborted)
                    Active.AddAborted(aborted);
            }
        }
        catch (IOException e)
        {
            // the batches are in the file and not yet in the log: this cannot be tried again
            throw new InvalidDataException($"what was written could not be noted: {e.Message}", e);
        }
    }

    // Rules of LogSegment.shouldRoll. An empty segment is never left behind for a new one of the same name.
    private bool MustRoll(int bytes, long lastOffset, long maxTimestamp)
    {
        var (active, options) = (Active, Options);
        if (!active.CanHold(lastOffset))
            return true;
        if (active.Size == 0)
            return false;
        if (active.Size > options.SegmentBytes - (long)bytes || active.Size + bytes > int.MaxValue || active.IndexesAreFull)
            return true;
        var age = active.FirstTimestamp >= 0 && maxTimestamp >= 0
            ? maxTimestamp - active.FirstTimestamp
            : (long)(_time.GetUtcNow() - active.Created).TotalMilliseconds;
        return age > options.RollMs - JitterOf(options);
    }

    // the same partition always gets the same share of the jitter: random enough over many partitions, and repeatable
    private long JitterOf(LogOptions options) =>
        options.SegmentJitterMs <= 0 ? 0 : _jitterShare % Math.Min(options.SegmentJitterMs, options.RollMs);

    /// <summary>Seals the active segment and begins a new one at <paramref name="baseOffset"/>; the old one is flushed by the next flush.</summary>
    private void Roll(long baseOffset)
    {
        var old = Active;
        old.Seal();
        SaveProducersIfRoom();
        // the new one first: when there is no room for it, the old one goes on as it is
        var segment = LogSegment.Create(_files, Directory, baseOffset, Options, _time.GetUtcNow());
        // a segment with nothing in it would only stand in the way
        var kept = old.Size == 0 ? _segments[..^1] : _segments;
        Volatile.Write(ref _segments, [.. kept, segment]);
        if (old.Size == 0)
            old.DeleteFiles();
    }

    /// <summary>Saves the producer states, so that an orderly start need not read the log for them.</summary>
    internal void SaveProducers() => Change("save the producers of", () => _producers.Save(LogEndOffset, durably: true));

    /// <summary>Bytes of memory that hold the newest batches now.</summary>
    public long HotTailBytes => _tail.Bytes;

    /// <summary>Closes all files, writing the indexes; does not flush.</summary>
    public void Dispose()
    {
        _tail.Clear();
        lock (_flushGate)
        {
            foreach (var segment in _segments)
            {
                if (_failure is null)
                    TrySeal(segment);
                segment.Dispose();
            }
            foreach (var (segment, _) in _deleted)
                segment.Dispose();
        }
    }
}
