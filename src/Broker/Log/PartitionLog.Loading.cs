using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>Making sure, when a log is opened, that its history of leader epochs is the log's own.</summary>
public sealed partial class PartitionLog
{
    // so many of the latest epochs are compared with the batches where they begin; older ones have been compared at earlier starts
    private const int EpochsCompared = 4;

    private void LoadEpochs(LogRecovery.Result found)
    {
        if (!_epochs.TryLoad())
            RebuildEpochs("it cannot be read");
        else if (Contradiction(found.Seen) is { } reason)
            RebuildEpochs(reason);
        _epochs.CutEnd(LogEndOffset);
        _epochs.CutStart(LogStartOffset);
    }

    // Batches that were scanned may be newer than the file (the disk was full, or it is from before a crash): they add to it.
    // Anything else that does not agree means that the file is not this log's.
    private string? Contradiction(IReadOnlyList<LogRecovery.SeenBatch> seen)
    {
        for (var i = 0; i < seen.Count; i++)
        {
            var (offset, epoch, everyBatch) = seen[i];
            // epochs only rise: one that is above the next was not written so (the CRC does not cover it), and proves nothing
            var isDamaged = i + 1 < seen.Count && seen[i + 1].LeaderEpoch < epoch;
            if (epoch < 0 || isDamaged || offset < LogStartOffset || _epochs.Covering(offset) == epoch)
                continue;
            if (!everyBatch || epoch < (_epochs.Latest ?? -1))
                return $"the batch at {offset} is of epoch {epoch}";
            _epochs.Assign(epoch, offset);
        }
        foreach (var entry in _epochs.Entries.Skip(1).TakeLast(EpochsCompared))
        {
            if (entry.StartOffset >= LogEndOffset || entry.StartOffset <= LogStartOffset)
                continue;
            if (EpochAt(entry.StartOffset) is { } at && at < entry.Epoch)
                return $"epoch {entry.Epoch} does not begin at {entry.StartOffset}";
            if (EpochAt(entry.StartOffset - 1) is { } before && before >= entry.Epoch)
                return $"epoch {entry.Epoch} begins before {entry.StartOffset}";
        }
        return null;
    }

    private int? EpochAt(long offset)
    {
        var number = SegmentAt(_segments, offset);
        if (number < 0)
            return null;
        try
        {
            var epoch = _segments[number].Find(offset)?.Head.LeaderEpoch;
            if (number < _segments.Length - 1)
                _segments[number].Rest(now: true);
            return epoch;
        }
        catch (InvalidDataException)
        {
            return null;   // damaged there: nothing to compare with
        }
    }

    private void RebuildEpochs(string reason)
    {
        _logger.LogWarning("{Partition}: {File} is not this log's ({Reason}); epochs are read from the log", Id, LeaderEpochCache.FileName, reason);
        _epochs.Clear();
        foreach (var segment in _segments)
        {
            using var scan = new SegmentScan(segment);
            scan.Run(0, segment.BaseOffset, verifyCrc: false, (in RecordBatch batch, long _) =>
            {
                if (batch.PartitionLeaderEpoch > (_epochs.Latest ?? -1))
                    _epochs.Assign(batch.PartitionLeaderEpoch, batch.BaseOffset);
            });
        }
    }
}
