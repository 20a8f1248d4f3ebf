using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

// Reading: consumers and followers alike, offsets by time, the end of an epoch.
public sealed partial class Partition
{
    /// <summary>
    /// Reads for a consumer (up to the high watermark, or the last stable offset for read_committed) or a follower (up to the log end). A follower's fetch is also its acknowledgement: after the
    /// read its progress is noted, which may move the watermark and the ISR; the answer carries the watermark of before.
    /// </summary>
    public PartitionRead Read(in ReadQuery query, int maxBytes, bool atLeastOneBatch)
    {
        LeaderEpoch epoch;
        long highWatermark, lastStable, upTo;
        bool wasShownMore;
        lock (_gate)
        {
            if (ReadRefusal(query) is var refusal && refusal != ErrorCode.None) return new PartitionRead(refusal);
            epoch = HeldEpoch;
            highWatermark = _highWatermark.Value;
            lastStable = _log.LastStableOffset(highWatermark);
            upTo = query.ReplicaId != ReadQuery.Consumer ? _log.LogEndOffset : query.ReadCommitted ? lastStable : highWatermark;
            wasShownMore = query.ReplicaId == ReadQuery.Consumer && query.FetchOffset > highWatermark && highWatermark < (_leader?.EpochStart ?? long.MaxValue);
            if (Divergence(query, out var diverging, out var error))
                return new PartitionRead(error) { HighWatermark = highWatermark, LastStableOffset = lastStable, LogStartOffset = _log.LogStartOffset, Diverging = diverging };
        }
        if (query.FetchOffset < _log.LogStartOffset || query.FetchOffset > _log.LogEndOffset) return new PartitionRead(ErrorCode.OffsetOutOfRange);
        // An earlier leader showed this consumer more than we know to be committed yet: it is not told a watermark that went back.
        if (wasShownMore) return new PartitionRead(ErrorCode.OffsetNotAvailable);
        if (TryReadLog(query.FetchOffset, maxBytes, upTo, atLeastOneBatch) is not { } read) return new PartitionRead(ErrorCode.OffsetOutOfRange);
        if (!StillTrue(query, epoch))
        {
            read.Dispose();
            return new PartitionRead(ErrorCode.NotLeaderOrFollower);
        }
        if (query is { IsFollower: true, IsRepeated: false }) NoteFetch(query);
        return new PartitionRead(ErrorCode.None)
        {
            HighWatermark = highWatermark,
            LastStableOffset = lastStable,
            LogStartOffset = _log.LogStartOffset,
            Read = read,
            Aborted = query.ReadCommitted ? Aborted(query.FetchOffset, read) : null,
        };
    }

    private List<AbortedTransaction> Aborted(long from, in LogRead read)
    {
        try
        {
            return read.Records.IsEmpty ? [] : _log.AbortedTransactions(from, read.NextOffset);
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    private LogRead? TryReadLog(long offset, int maxBytes, long upTo, bool atLeastOneBatch)
    {
        // Between the watermark and the log end there is nothing for a consumer, which is no error.
        if (offset >= upTo || (maxBytes <= 0 && !atLeastOneBatch)) return default(LogRead);
        try
        {
            return _log.Read(offset, maxBytes, upTo, atLeastOneBatch);
        }
        catch (OffsetOutOfRangeException)
        {
            return null;   // retention moved the log start since we looked
        }
        catch (LogStorageException) when (IsStopped)
        {
            return default(LogRead);   // closed under us; the look at the role after the read says so
        }
    }

    /// <summary>Is the replica in the ISR of this leader? False when this replica does not lead.</summary>
    public bool IsInSync(int brokerId)
    {
        lock (_gate) return _leader?.Isr.Contains(brokerId) ?? false;
    }

    /// <summary>
    /// Who besides this leader could serve a consumer at <paramref name="offset"/>: in-sync followers whose log holds it. With our own end; null when we do not lead.
    /// </summary>
    public (long LeaderEnd, List<FollowerStatus> Followers)? CanServe(long offset)
    {
        lock (_gate)
        {
            if (_leader is not { } leader || LeaderRefusal() != ErrorCode.None) return null;
            return (_log.LogEndOffset, [.. leader.Followers
                .Where(f => leader.Isr.Contains(f.BrokerId) && f.LogStartOffset <= offset && offset <= f.LogEndOffset)
                .Select(f => new FollowerStatus(f.BrokerId, f.LogEndOffset, true, leader.View(f).SinceCaughtUp))]);
        }
    }

    private bool IsStopped { get { lock (_gate) return _stopped; } }

    private ErrorCode ReadRefusal(in ReadQuery query)
    {
        if (_stopped || _order is null) return ErrorCode.NotLeaderOrFollower;
        if (EpochRefusal(query.CurrentLeaderEpoch) is var stale && stale != ErrorCode.None) return stale;
        var anyReplica = query.ReplicaId == ReadQuery.DebuggingConsumer || (!query.IsFollower && query.FollowersMayServe);
        if (_leader is null && anyReplica) return ErrorCode.None;
        if (LeaderRefusal() is var refusal && refusal != ErrorCode.None) return refusal;
        if (!query.IsFollower) return ErrorCode.None;
        if (_leader!.Follower(query.ReplicaId) is { } follower)
        {
            // A fetch of a former life of that broker, delayed on the way (KAFKA-15221).
            return query.ReplicaEpoch != BrokerEpoch.None && query.ReplicaEpoch < follower.BrokerEpoch ? ErrorCode.NotLeaderOrFollower : ErrorCode.None;
        }
        // The order that makes it a replica may still be on its way to us.
        return query.CurrentLeaderEpoch.Value >= 0 ? ErrorCode.UnknownLeaderEpoch : ErrorCode.NotLeaderOrFollower;
    }

    /// <summary>The asker's idea of the leader epoch against ours; -1 is not checked.</summary>
    private ErrorCode EpochRefusal(LeaderEpoch currentLeaderEpoch)
    {
        var mine = HeldEpoch;
        if (currentLeaderEpoch.Value < 0 || currentLeaderEpoch == mine) return ErrorCode.None;
        return currentLeaderEpoch < mine ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
    }

    private bool Divergence(in ReadQuery query, out (int Epoch, long EndOffset)? diverging, out ErrorCode error)
    {
        (diverging, error) = (null, ErrorCode.None);
        if (query.LastFetchedEpoch < 0) return false;
        var (epoch, end) = _log.EndOffsetFor(query.LastFetchedEpoch);
        if (end < 0 || epoch < 0)
        {
            error = ErrorCode.OffsetOutOfRange;
            return true;
        }
        if (!EpochTruncation.Diverges(query.LastFetchedEpoch, query.FetchOffset, epoch, end)) return false;
        diverging = (epoch, end);
        return true;
    }

    private bool StillTrue(in ReadQuery query, LeaderEpoch epoch)
    {
        lock (_gate) return HeldEpoch == epoch && ReadRefusal(query) == ErrorCode.None;
    }

    private void NoteFetch(in ReadQuery query)
    {
        Aftermath after;
        lock (_gate)
        {
            // Rule 3 of the specification: a follower that does not name our epoch reads, but its word does not count.
            if (_leader?.Follower(query.ReplicaId) is not { } follower || query.CurrentLeaderEpoch != _leader.Epoch || LeaderRefusal() != ErrorCode.None) return;
            var startMoved = follower.LogStartOffset != query.FollowerLogStart;
            follower.Fetched(query.FetchOffset, query.FollowerLogStart, _log.LogEndOffset, query.ReplicaEpoch, _time.GetTimestamp());
            var joins = _leader.ProposeJoin(query.ReplicaId, _highWatermark.Value);
            after = Advance(logEndMoved: false) with { IsrProposed = joins };
            if (startMoved && _subscribers.OnLogStart() is { } waiting) after = after with { Wake = [.. after.Wake ?? [], .. waiting] };
        }
        Run(after);
    }

    /// <summary>Raises <paramref name="watch"/> at every move of the given kind and at every change of role, until <see cref="Unsubscribe"/>.</summary>
    public void Subscribe(ProgressWatch watch, ProgressKind kind)
    {
        lock (_gate) _subscribers.Add(watch, kind);
    }

    public void Unsubscribe(ProgressWatch watch, ProgressKind kind)
    {
        lock (_gate) _subscribers.Remove(watch, kind);
    }

    /// <summary>
    /// The offset of a timestamp, or of a special one: -1 end, -2 and -4 start, -3 largest timestamp, -5 tiered (nothing is). "Not found" is offset -1 without an
    /// error. While the watermark has not reached the start of this leader's epoch the end is not known yet: an earlier leader may have shown consumers more.
    /// </summary>
    public OffsetLookup LookUpOffset(long timestamp, int replicaId, LeaderEpoch currentLeaderEpoch, bool readCommitted = false)
    {
        long visibleEnd;
        int epoch;
        bool endIsKnown;
        lock (_gate)
        {
            var query = new ReadQuery { ReplicaId = replicaId == ReadQuery.DebuggingConsumer ? replicaId : ReadQuery.Consumer, CurrentLeaderEpoch = currentLeaderEpoch };
            if (ReadRefusal(query) is var refusal && refusal != ErrorCode.None) return new OffsetLookup(refusal);
            var consumer = replicaId == ReadQuery.Consumer;
            visibleEnd = !consumer ? _log.LogEndOffset : readCommitted ? _log.LastStableOffset(_highWatermark.Value) : _highWatermark.Value;
            epoch = _order!.LeaderEpoch;
            endIsKnown = !consumer || _leader is null || _highWatermark.Value >= _leader.EpochStart;
        }
        switch (timestamp)
        {
            case OffsetLookup.Latest:
                return endIsKnown ? new OffsetLookup(ErrorCode.None, visibleEnd, -1, epoch) : new OffsetLookup(ErrorCode.OffsetNotAvailable);
            case OffsetLookup.Earliest or OffsetLookup.EarliestLocal:
                return new OffsetLookup(ErrorCode.None, _log.LogStartOffset, -1, _log.EarliestEpoch ?? -1);
            case OffsetLookup.LatestTiered:
                return new OffsetLookup(ErrorCode.None);
        }
        var found = timestamp == OffsetLookup.MaxTimestamp ? _log.MaxTimestamp(visibleEnd) : _log.FindByTimestamp(timestamp, visibleEnd);
        if (found is { } at) return new OffsetLookup(ErrorCode.None, at.Offset, at.Timestamp, at.LeaderEpoch);
        return endIsKnown ? new OffsetLookup(ErrorCode.None) : new OffsetLookup(ErrorCode.OffsetNotAvailable);
    }

    /// <summary>Where <paramref name="epoch"/> ended in our log; (-1, -1) when we know no such epoch. Answered by the leader only.</summary>
    public (ErrorCode Error, int Epoch, long EndOffset) EndOffsetForEpoch(int epoch, LeaderEpoch currentLeaderEpoch)
    {
        lock (_gate)
        {
            if (EpochRefusal(currentLeaderEpoch) is var stale && stale != ErrorCode.None) return (stale, -1, -1);
            if (LeaderRefusal() is var refusal && refusal != ErrorCode.None) return (refusal, -1, -1);
            var (found, end) = _log.EndOffsetFor(epoch);
            return (ErrorCode.None, found, end);
        }
    }
}
