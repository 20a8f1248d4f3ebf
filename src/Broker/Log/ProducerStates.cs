using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Which producers wrote to this log, so that a batch sent twice is stored once, and which of their transactions are open. A leader
/// compares a batch's first sequence with the last one stored: next in line is written; exactly one of the last five is answered with
/// the offset it got then; anything else is a gap (OUT_OF_ORDER_SEQUENCE_NUMBER). A lower epoch is a zombie (INVALID_PRODUCER_EPOCH), a
/// higher one begins again at 0. Inside of a transaction only transactional batches are taken (INVALID_TXN_STATE); a marker of an older
/// coordinator is refused (TRANSACTION_COORDINATOR_FENCED).
/// The state follows from the log: it is saved as <see cref="ProducerSnapshot"/> at each roll and at close, and brought up by reading
/// the batches behind the newest snapshot. A snapshot that is broken is passed over.
/// Owner: the log's writer.
/// Source: storage/…/internals/log/ProducerStateManager.java, ProducerAppendInfo.java (KIP-98).
/// </summary>
internal sealed class ProducerStates(ILogFiles files, Func<string> directory, TopicPartition id, Func<LogOptions> options, TimeProvider time)
{
    // evicting one at a time would look through all of them for each new producer
    private const int EvictedShare = 16;

    private readonly Dictionary<long, ProducerEntry> _entries = [];
    private readonly OpenTransactions _transactions = new();

    public int Count => _entries.Count;

    /// <summary>Where the oldest transaction begins that is open, or whose marker is not below the high watermark; null when there is none.</summary>
    public long? FirstUnstableOffset => _transactions.FirstOffset;

    /// <summary>
    /// Judges a batch that is to be written: the batch it repeats, or null when it may be written. Sequences are looked at only where
    /// a client sends them; a coordinator writes on behalf of producers and has none.
    /// </summary>
    /// <exception cref="LogAppendException">its epoch, its sequence or the state of its transaction does not fit</exception>
    public ProducerEntry.Written? Check(in RecordBatch batch, AppendOrigin origin)
    {
        if (!batch.HasProducerId)
            return null;
        if (!_entries.TryGetValue(batch.ProducerId, out var entry))
        {
            if (!HasRoom())
                throw new LogAppendException(ErrorCode.ThrottlingQuotaExceeded,
                    $"{id} has {_entries.Count} producers with open transactions (producer.ids.per.partition.max), producer {batch.ProducerId} must wait.");
            return null;
        }
        if (origin == AppendOrigin.Client && batch.ProducerEpoch == entry.Epoch && entry.Find(batch.BaseSequence, batch.LastSequence) is { } before)
            return before;
        if (batch.ProducerEpoch < entry.Epoch)
            throw new LogAppendException(ErrorCode.InvalidProducerEpoch,
                $"Producer {batch.ProducerId} writes to {id} with epoch {batch.ProducerEpoch}, its epoch is {entry.Epoch}.");
        if (batch.IsControl)
            CheckCoordinator(in batch, entry);
        else if (origin == AppendOrigin.Client)
            CheckSequence(in batch, entry);
        if (entry.InTransaction && !batch.IsTransactional)
            throw new LogAppendException(ErrorCode.InvalidTxnState,
                $"Producer {batch.ProducerId} sent a batch outside of its transaction to {id}, which is open since offset {entry.TransactionFirstOffset}.");
        return null;
    }

    /// <summary>Notes a batch that is in the log; the transaction that it ends, if it is a marker and ends one.</summary>
    public CompletedTransaction? Note(in RecordBatch batch)
    {
        if (!batch.HasProducerId)
            return null;
        if (batch.IsControl)
            return NoteMarker(in batch);
        var entry = EntryOf(in batch);
        entry.MoveTo(batch.ProducerEpoch);
        entry.Add(new ProducerEntry.Written(batch.BaseSequence, batch.LastSequence, batch.LastOffset, batch.LastOffsetDelta, batch.MaxTimestamp));
        if (batch.IsTransactional && !entry.InTransaction)
        {
            entry.TransactionFirstOffset = batch.BaseOffset;
            _transactions.Begin(batch.ProducerId, batch.BaseOffset);
        }
        return null;
    }

    /// <summary>Everything below is replicated: completed transactions below it bind the last stable offset no longer. True when that may have moved.</summary>
    public bool Replicated(long highWatermark) => _transactions.Replicated(highWatermark);

    /// <summary>
    /// Forgets producers that wrote nothing for producer.id.expiration.ms and have no transaction open. The broker's own monotonic clock
    /// decides, not the records' time as in Kafka: a producer that copies old records would be forgotten while it writes, and a clock that
    /// jumps would forget everyone.
    /// </summary>
    public void Expire()
    {
        var expiration = TimeSpan.FromMilliseconds(options().ProducerIdExpirationMs);
        foreach (var entry in _entries.Values)
        {
            if (!entry.InTransaction && time.GetElapsedTime(entry.SeenAt) >= expiration)
                _entries.Remove(entry.ProducerId);
        }
    }

    /// <summary>Forgets all, also on disk.</summary>
    public void Clear()
    {
        _entries.Clear();
        _transactions.Clear();
        DeleteSnapshots(_ => true);
    }

    /// <summary>
    /// Makes the state that of the log as it ends at <paramref name="logEnd"/>: newest snapshot not above it, then the batches behind.
    /// Snapshots above the end are of records that are gone, and go. Segments whose transaction index was lost get it back on the way.
    /// </summary>
    public void Rebuild(IReadOnlyList<LogSegment> segments, long logEnd)
    {
        DeleteSnapshots(offset => offset > logEnd);
        _entries.Clear();
        _transactions.Clear();
        var lost = segments.FirstOrDefault(s => !s.TransactionsAreKnown)?.BaseOffset ?? logEnd;
        var from = segments[0].BaseOffset;
        foreach (var offset in Snapshots().Where(o => o <= lost).OrderDescending())
        {
            if (offset >= from && TryLoad(offset))
            {
                from = offset;
                break;
            }
        }
        for (var i = 0; i < segments.Count; i++)
        {
            if (from < logEnd && (i + 1 == segments.Count || segments[i + 1].BaseOffset > from))
                Replay(segments[i], from);
            if (!segments[i].TransactionsAreKnown)
                segments[i].TransactionsRebuilt();
        }
    }

    /// <summary>
    /// Saves the state as it is below <paramref name="logEnd"/>; durably at close, at a roll into the page cache only: a crash that
    /// spoils the file is seen by its CRC, and the batches are read instead.
    /// </summary>
    public void Save(long logEnd, bool durably)
    {
        var bytes = ProducerSnapshot.Encode(_entries.Values);
        if (durably)
        {
            files.ReplaceFile(PathOf(logEnd), bytes);
            return;
        }
        using var file = files.Open(PathOf(logEnd), create: true);
        file.Truncate(0);
        file.Append(bytes);
    }

    /// <summary>The newest batch of each producer, by producer id.</summary>
    public IReadOnlyDictionary<long, LastOfProducer> LastBatches() => _entries.Values.ToDictionary(
        static e => e.ProducerId, static e => new LastOfProducer(e.Epoch, e.Last.LastOffset));

    /// <summary>Deletes the snapshots that lie below the first segment; the newest stays.</summary>
    public void DeleteSnapshotsBelow(long offset)
    {
        var newest = Snapshots().DefaultIfEmpty(-1).Max();
        DeleteSnapshots(o => o < offset && o != newest);
    }

    private static void CheckCoordinator(in RecordBatch batch, ProducerEntry entry)
    {
        if (TransactionMarker.TryRead(in batch, out var marker) && marker.CoordinatorEpoch < entry.CoordinatorEpoch)
            throw new LogAppendException(ErrorCode.TransactionCoordinatorFenced,
                $"A marker for producer {batch.ProducerId} comes from coordinator epoch {marker.CoordinatorEpoch}, {entry.CoordinatorEpoch} has written already.");
    }

    private void CheckSequence(in RecordBatch batch, ProducerEntry entry)
    {
        var last = entry.Last.LastSequence;
        var expected = batch.ProducerEpoch > entry.Epoch || last < 0 ? 0 : RecordSequence.Add(last, 1);
        if (batch.BaseSequence != expected)
            throw new LogAppendException(ErrorCode.OutOfOrderSequenceNumber,
                $"Producer {batch.ProducerId} (epoch {batch.ProducerEpoch}) sent sequence {batch.BaseSequence} to {id}, {expected} was to follow.");
    }

    private CompletedTransaction? NoteMarker(in RecordBatch batch)
    {
        // what compaction left of a marker says nothing any more
        if (!TransactionMarker.TryRead(in batch, out var marker))
            return null;
        var entry = EntryOf(in batch);
        entry.MoveTo(batch.ProducerEpoch);
        (entry.CoordinatorEpoch, entry.LastTimestamp) = (marker.CoordinatorEpoch, marker.TimestampMs);
        if (!entry.InTransaction)
            return null;
        var first = entry.TransactionFirstOffset;
        entry.TransactionFirstOffset = -1;
        var stable = _transactions.Complete(batch.ProducerId, first, batch.BaseOffset);
        return new CompletedTransaction(batch.ProducerId, first, batch.BaseOffset, stable, !marker.IsCommit);
    }

    private ProducerEntry EntryOf(in RecordBatch batch)
    {
        if (!_entries.TryGetValue(batch.ProducerId, out var entry))
        {
            // a follower stores what its leader did, room or not
            HasRoom();
            _entries.Add(batch.ProducerId, entry = new ProducerEntry(batch.ProducerId, batch.ProducerEpoch));
        }
        entry.SeenAt = time.GetTimestamp();
        return entry;
    }

    // A stranger who invents producer ids makes us forget those that were silent longest, never one whose transaction is open.
    private bool HasRoom()
    {
        var most = options().MaxProducerIds;
        if (_entries.Count < most)
            return true;
        foreach (var entry in _entries.Values.Where(e => !e.InTransaction).OrderBy(e => e.SeenAt).Take(Math.Max(1, most / EvictedShare)).ToList())
            _entries.Remove(entry.ProducerId);
        return _entries.Count < most;
    }

    private void Replay(LogSegment segment, long from)
    {
        if (segment.Find(from) is not { } first)
            return;
        using var scan = new SegmentScan(segment);
        scan.Run(first.Position, first.Head.BaseOffset, verifyCrc: false, (in RecordBatch batch, long _) =>
        {
            if (Note(in batch) is { IsAborted: true } aborted && !segment.TransactionsAreKnown)
                segment.RememberAborted(aborted);
        });
    }

    private bool TryLoad(long offset)
    {
        if (ProducerSnapshot.Decode(files.ReadAllBytes(PathOf(offset))) is not { } entries)
            return false;
        foreach (var entry in entries)
        {
            _entries[entry.ProducerId] = entry;
            entry.SeenAt = time.GetTimestamp();
            if (entry.InTransaction)
                _transactions.Begin(entry.ProducerId, entry.TransactionFirstOffset);
        }
        return true;
    }

    private string PathOf(long offset) => Path.Combine(directory(), SegmentNames.Of(offset, SegmentNames.Snapshot));

    private IEnumerable<long> Snapshots()
    {
        foreach (var name in files.ListFiles(directory()))
        {
            if (SegmentNames.TryParse(name, SegmentNames.Snapshot, out var offset))
                yield return offset;
        }
    }

    private void DeleteSnapshots(Func<long, bool> which)
    {
        foreach (var offset in Snapshots().Where(which))
            files.DeleteFile(PathOf(offset));
    }
}
