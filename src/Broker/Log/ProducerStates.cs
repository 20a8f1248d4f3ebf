using System.Buffers.Binary;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Which producers wrote to this log, so that a batch sent twice is stored once. A leader compares a batch's first sequence with the
/// last one stored: next in line is written; exactly one of the last five is answered with the offset it got then; anything else is a
/// gap (OUT_OF_ORDER_SEQUENCE_NUMBER). A lower epoch is a zombie (INVALID_PRODUCER_EPOCH), a higher one begins again at 0.
/// The state follows from the log: it is saved as <c>offset.snapshot</c> (everything below that offset) at each roll and at close,
/// and brought up by reading the batches behind the newest snapshot. A snapshot that is broken is passed over.
/// <code>
/// snapshot: int16 version 1, uint32 CRC-32C of all that follows, int32 count, then per producer
///   int64 producer id, int16 epoch, int32 last sequence, int64 last offset, int32 offset delta, int64 timestamp,
///   int32 coordinator epoch, int64 first offset of the open transaction (-1 none)                     big-endian
/// </code>
/// Owner: the log's writer.
/// Source: storage/…/internals/log/ProducerStateManager.java, ProducerAppendInfo.java (KIP-98).
/// </summary>
internal sealed class ProducerStates(ILogFiles files, Func<string> directory, TopicPartition id)
{
    /// <summary>producer.id.expiration.ms: a producer that wrote nothing for a day is forgotten.</summary>
    private const long ExpireAfterMs = 24L * 60 * 60 * 1000;

    private const short Version = 1;
    private const int HeaderSize = 10, EntrySize = 46;

    private readonly Dictionary<long, ProducerEntry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Where the oldest open transaction begins, null when none is open.</summary>
    public long? FirstUnstableOffset
    {
        get
        {
            long? first = null;
            foreach (var entry in _entries.Values)
            {
                if (entry.TransactionFirstOffset >= 0 && entry.TransactionFirstOffset < (first ?? long.MaxValue))
                    first = entry.TransactionFirstOffset;
            }
            return first;
        }
    }

    /// <summary>
    /// Judges a batch that a producer sent: the batch it repeats, or null when it is to be written.
    /// </summary>
    /// <exception cref="LogAppendException">its epoch or its sequence does not fit</exception>
    public ProducerEntry.Written? Check(in RecordBatch batch)
    {
        if (!batch.HasProducerId || batch.IsControl || !_entries.TryGetValue(batch.ProducerId, out var entry))
            return null;
        if (batch.ProducerEpoch < entry.Epoch)
            throw new LogAppendException(ErrorCode.InvalidProducerEpoch,
                $"Producer {batch.ProducerId} writes to {id} with epoch {batch.ProducerEpoch}, its epoch is {entry.Epoch}.");
        if (batch.ProducerEpoch == entry.Epoch && entry.Find(batch.BaseSequence, batch.LastSequence) is { } before)
            return before;
        var expected = batch.ProducerEpoch > entry.Epoch || entry.LastSequence < 0 ? 0 : RecordSequence.Add(entry.LastSequence, 1);
        if (batch.BaseSequence != expected)
            throw new LogAppendException(ErrorCode.OutOfOrderSequenceNumber,
                $"Producer {batch.ProducerId} (epoch {batch.ProducerEpoch}) sent sequence {batch.BaseSequence} to {id}, {expected} was to follow.");
        return null;
    }

    /// <summary>Notes a batch that is in the log.</summary>
    public void Note(in RecordBatch batch)
    {
        if (!batch.HasProducerId)
            return;
        if (!_entries.TryGetValue(batch.ProducerId, out var entry))
            _entries.Add(batch.ProducerId, entry = new ProducerEntry(batch.ProducerId, batch.ProducerEpoch));
        entry.MoveTo(batch.ProducerEpoch);
        if (batch.IsControl)
        {
            entry.TransactionFirstOffset = -1;
            entry.LastTimestamp = batch.MaxTimestamp;
            return;
        }
        entry.Add(new ProducerEntry.Written(batch.BaseSequence, batch.LastSequence, batch.LastOffset, batch.LastOffsetDelta, batch.MaxTimestamp));
        if (batch.IsTransactional && entry.TransactionFirstOffset < 0)
            entry.TransactionFirstOffset = batch.BaseOffset;
    }

    /// <summary>Forgets producers that wrote nothing for a day and have no transaction open.</summary>
    public void Expire(DateTimeOffset now)
    {
        var limit = now.ToUnixTimeMilliseconds() - ExpireAfterMs;
        foreach (var entry in _entries.Values)
        {
            if (entry.LastTimestamp < limit && entry.TransactionFirstOffset < 0)
                _entries.Remove(entry.ProducerId);
        }
    }

    /// <summary>Forgets all, also on disk.</summary>
    public void Clear()
    {
        _entries.Clear();
        DeleteSnapshots(_ => true);
    }

    /// <summary>
    /// Makes the state that of the log as it ends at <paramref name="logEnd"/>: newest snapshot not above it, then the batches behind.
    /// Snapshots above the end are of records that are gone, and go.
    /// </summary>
    public void Rebuild(IReadOnlyList<LogSegment> segments, long logEnd)
    {
        DeleteSnapshots(offset => offset > logEnd);
        _entries.Clear();
        var from = segments[0].BaseOffset;
        foreach (var offset in Snapshots().OrderDescending())
        {
            if (offset >= from && TryLoad(offset))
            {
                from = offset;
                break;
            }
        }
        for (var i = 0; i < segments.Count && from < logEnd; i++)
        {
            if (i + 1 < segments.Count && segments[i + 1].BaseOffset <= from)
                continue;
            if (segments[i].Find(from) is not { } first)
                continue;
            using var scan = new SegmentScan(segments[i]);
            scan.Run(first.Position, first.Head.BaseOffset, verifyCrc: false, (in RecordBatch batch, long _) => Note(in batch));
        }
    }

    /// <summary>
    /// Saves the state as it is below <paramref name="logEnd"/>; durably at close, at a roll into the page cache only: a crash that
    /// spoils the file is seen by its CRC, and the batches are read instead.
    /// </summary>
    public void Save(long logEnd, bool durably)
    {
        var bytes = new byte[HeaderSize + _entries.Count * EntrySize];
        BinaryPrimitives.WriteInt16BigEndian(bytes, Version);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(6), _entries.Count);
        var at = bytes.AsSpan(HeaderSize);
        foreach (var entry in _entries.Values)
        {
            var last = entry.Batches.Count == 0 ? new ProducerEntry.Written(-1, -1, -1, 0, -1) : entry.Batches.Last();
            BinaryPrimitives.WriteInt64BigEndian(at, entry.ProducerId);
            BinaryPrimitives.WriteInt16BigEndian(at[8..], entry.Epoch);
            BinaryPrimitives.WriteInt32BigEndian(at[10..], last.LastSequence);
            BinaryPrimitives.WriteInt64BigEndian(at[14..], last.LastOffset);
            BinaryPrimitives.WriteInt32BigEndian(at[22..], last.OffsetDelta);
            BinaryPrimitives.WriteInt64BigEndian(at[26..], entry.LastTimestamp);
            BinaryPrimitives.WriteInt32BigEndian(at[34..], entry.CoordinatorEpoch);
            BinaryPrimitives.WriteInt64BigEndian(at[38..], entry.TransactionFirstOffset);
            at = at[EntrySize..];
        }
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), Crc32C.Compute(bytes.AsSpan(6)));
        if (durably)
        {
            files.ReplaceFile(PathOf(logEnd), bytes);
            return;
        }
        using var file = files.Open(PathOf(logEnd), create: true);
        file.Truncate(0);
        file.Append(bytes);
    }

    /// <summary>Deletes the snapshots that lie below the first segment; the newest stays.</summary>
    public void DeleteSnapshotsBelow(long offset)
    {
        var newest = Snapshots().DefaultIfEmpty(-1).Max();
        DeleteSnapshots(o => o < offset && o != newest);
    }

    private bool TryLoad(long offset)
    {
        var bytes = files.ReadAllBytes(PathOf(offset)).AsSpan();
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadInt16BigEndian(bytes) != Version
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]) != Crc32C.Compute(bytes[6..])
            || bytes.Length - HeaderSize != (long)BinaryPrimitives.ReadInt32BigEndian(bytes[6..]) * EntrySize)
            return false;
        for (var at = bytes[HeaderSize..]; at.Length > 0; at = at[EntrySize..])
        {
            var entry = new ProducerEntry(BinaryPrimitives.ReadInt64BigEndian(at), BinaryPrimitives.ReadInt16BigEndian(at[8..]));
            var (sequence, timestamp) = (BinaryPrimitives.ReadInt32BigEndian(at[10..]), BinaryPrimitives.ReadInt64BigEndian(at[26..]));
            var delta = BinaryPrimitives.ReadInt32BigEndian(at[22..]);
            if (sequence >= 0)
                entry.Add(new ProducerEntry.Written(Before(sequence, delta), sequence, BinaryPrimitives.ReadInt64BigEndian(at[14..]), delta, timestamp));
            entry.LastTimestamp = timestamp;
            entry.CoordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(at[34..]);
            entry.TransactionFirstOffset = BinaryPrimitives.ReadInt64BigEndian(at[38..]);
            _entries[entry.ProducerId] = entry;
        }
        return true;
    }

    // sequences go round at Int32.MaxValue
    private static int Before(int sequence, int delta) => (int)(((long)sequence - delta) & int.MaxValue);

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
