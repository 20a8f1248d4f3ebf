using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

// Deleting records on request: the leader moves its log start, followers take it over with their next fetch, and tell with the one after.
public sealed partial class Partition
{
    /// <summary>DeleteRecords names the high watermark by this offset.</summary>
    public const long ToHighWatermark = -1;

    /// <summary>
    /// Raises the log start to <paramref name="offset"/> (a lower one changes nothing) and answers the offset meant. OFFSET_OUT_OF_RANGE above the high
    /// watermark, POLICY_VIOLATION where the topic's policy is not to delete. Bytes go at the next retention run. Source: Partition.deleteRecordsOnLeader.
    /// </summary>
    public (ErrorCode Error, long Offset) DeleteRecordsBefore(long offset)
    {
        Aftermath after;
        lock (_gate)
        {
            if (LeaderRefusal() is var refusal && refusal != ErrorCode.None) return (refusal, -1);
            if (!_log.Options.CleanupDelete) return (ErrorCode.PolicyViolation, -1);
            if (offset == ToHighWatermark) offset = _highWatermark.Value;
            if (offset < 0 || offset > _highWatermark.Value) return (ErrorCode.OffsetOutOfRange, -1);
            _log.MoveLogStart(offset);
            after = new Aftermath(null, ErrorCode.None, _subscribers.OnLogStart());
        }
        Run(after);
        return (ErrorCode.None, offset);
    }

    /// <summary>
    /// The lowest log start of all replicas that live: nobody can read below it any more. Null when this replica does not lead. A follower that has not
    /// fetched under this leader counts as -1.
    /// </summary>
    public long? LowWatermark(Func<int, bool> isAlive)
    {
        lock (_gate)
        {
            if (LeaderRefusal() != ErrorCode.None) return null;
            var lowest = _log.LogStartOffset;
            foreach (var follower in _leader!.Followers)
                if (isAlive(follower.BrokerId)) lowest = Math.Min(lowest, follower.LogStartOffset);
            return lowest;
        }
    }
}
