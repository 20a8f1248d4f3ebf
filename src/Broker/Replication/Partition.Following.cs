using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

// Following: append what the leader sent, cut where the histories part. Every step names the leader epoch it was asked under, and is dropped when
// another order came in between (KAFKA-7786): an answer of the past must not touch the present.
public sealed partial class Partition
{
    /// <summary>Where to go on fetching under <paramref name="leaderEpoch"/>, or null when that epoch is over or this replica leads.</summary>
    public FollowPosition? Position(LeaderEpoch leaderEpoch)
    {
        lock (_gate)
        {
            if (!Follows(leaderEpoch)) return null;
            return new FollowPosition(_log.LogEndOffset, _log.LatestEpoch ?? -1, _log.LogStartOffset);
        }
    }

    /// <summary>
    /// Appends the leader's batches byte for byte, then takes over its watermark as far as our log reaches, and its log start. False when the epoch is over.
    /// Throws what the log throws for bytes that are no batches or do not begin at our end.
    /// </summary>
    public bool AppendAsFollower(LeaderEpoch leaderEpoch, Memory<byte> records, long leaderHighWatermark, long leaderLogStart)
    {
        Aftermath after;
        lock (_gate)
        {
            if (!Follows(leaderEpoch)) return false;
            if (!records.IsEmpty)
            {
                if (RecordBatch.TryRead(records.Span, out var first) && (first.PartitionLeaderEpoch > leaderEpoch.Value || first.PartitionLeaderEpoch < _log.LatestEpoch))
                    throw new SpecificationException(
                        SpecificationException.ReconcileFirst, $"records of epoch {first.PartitionLeaderEpoch} from the leader of epoch {leaderEpoch}, ours end in {_log.LatestEpoch}");
                AppendOrBeginWith(records);
            }
            var moved = _highWatermark.AdvanceTo(Math.Min(leaderHighWatermark, _log.LogEndOffset));
            if (moved) _log.NoteHighWatermark(_highWatermark.Value);
            if (leaderLogStart > _log.LogStartOffset && leaderLogStart <= _highWatermark.Value) _log.MoveLogStart(leaderLogStart);
            after = new Aftermath(null, ErrorCode.None, _subscribers.Affected(!records.IsEmpty, moved));
        }
        Run(after);
        return true;
    }

    /// <summary>
    /// The leader says our histories part: it knows <paramref name="divergingEpoch"/> up to <paramref name="divergingEnd"/>. Cuts our log by
    /// <see cref="EpochTruncation"/>; the next fetch, with the new last epoch, asks again until the histories agree.
    /// </summary>
    public void TruncateForDivergence(LeaderEpoch leaderEpoch, int divergingEpoch, long divergingEnd)
    {
        Aftermath after;
        lock (_gate)
        {
            if (!Follows(leaderEpoch)) return;
            if (divergingEpoch > leaderEpoch.Value)
                throw new SpecificationException(SpecificationException.FencedReconciliation, $"the leader of epoch {leaderEpoch} names epoch {divergingEpoch}");
            var (localEpoch, localEnd) = divergingEnd < 0 ? (-1, -1) : _log.EndOffsetFor(divergingEpoch);
            var step = EpochTruncation.Next(divergingEpoch, divergingEnd, localEpoch, localEnd, _highWatermark.Value, _log.LogEndOffset);
            // Where nothing is cut, only an epoch without records of ours is forgotten: every second role change, and no news.
            var level = step.Offset < _log.LogEndOffset ? LogLevel.Information : LogLevel.Debug;
            _logger.Log(level, "{Partition}: leader epoch {LeaderEpoch} knows epoch {Epoch} to {End}; cutting our log from {OurEnd} to {Offset}",
                Id, leaderEpoch, divergingEpoch, divergingEnd, _log.LogEndOffset, step.Offset);
            Cut(step.Offset);
            after = new Aftermath(null, ErrorCode.None, _subscribers.Affected(true, true));
        }
        Run(after);
    }

    /// <summary>The leader has no record at our end: see <see cref="EpochTruncation.AfterOutOfRange"/>.</summary>
    public void ResumeAfterOutOfRange(LeaderEpoch leaderEpoch, long leaderStart, long leaderEnd)
    {
        lock (_gate)
        {
            if (!Follows(leaderEpoch)) return;
            var step = EpochTruncation.AfterOutOfRange(leaderStart, leaderEnd, _log.LogEndOffset);
            _logger.LogWarning("{Partition}: our end {OurEnd} is outside the leader's log {Start}-{End}: {Action} {Offset}",
                Id, _log.LogEndOffset, leaderStart, leaderEnd, step.Action, step.Offset);
            if (step.Action == OutOfRangeAction.Truncate) Cut(step.Offset);
            if (step.Action == OutOfRangeAction.RestartAt)
            {
                _log.RestartAt(step.Offset);
                _highWatermark.RestartAt(step.Offset);
            }
        }
    }

    /// <summary>
    /// A log that begins anew at the leader's log start may be sent a batch that begins below it, when that start lies inside the batch. The empty log then
    /// begins at the batch, and its log start stays where it was (Kafka: UnexpectedAppendOffsetException).
    /// </summary>
    private void AppendOrBeginWith(Memory<byte> records)
    {
        var start = _log.LogStartOffset;
        if (start == _log.LogEndOffset && RecordBatch.TryRead(records.Span, out var first) && first.BaseOffset < start && first.NextOffset > start)
        {
            _log.RestartAt(first.BaseOffset);
            _log.AppendAsFollower(records);
            _log.MoveLogStart(start);
            return;
        }
        _log.AppendAsFollower(records);
    }

    private bool Follows(LeaderEpoch leaderEpoch) => !_stopped && _leader is null && HeldEpoch == leaderEpoch;

    private void Cut(long offset)
    {
        if (offset < _highWatermark.Value)
            _logger.LogWarning("{Partition}: cutting below the high watermark {HighWatermark}, to {Offset}", Id, _highWatermark.Value, offset);
        _log.TruncateTo(offset);
        // A batch is cut whole, so the log may end below the offset asked for.
        _highWatermark.CutTo(_log.LogEndOffset);
    }
}
