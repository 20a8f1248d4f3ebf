using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// What became of the transactions in the part of a log that is cleaned. First it learns which were aborted and which are not decided yet: for
/// the dirty part from the markers themselves, which are the log; for the clean part, where nothing was undecided, from the transaction
/// index. Then, while the log is rewritten from its start, it tells aborted batches, and markers whose transaction has no batch left.
/// Owner: one cleaning.
/// Source: CleanedTransactionMetadata of core/…/kafka/log/LogCleaner.scala.
/// </summary>
internal sealed class TransactionFates
{
    private readonly Dictionary<long, long> _open = [];
    private readonly Dictionary<long, List<(long First, long Marker)>> _aborted = [];
    private readonly HashSet<long> _hasBatches = [];

    /// <summary>Transactions without a marker so far.</summary>
    public bool AnyOpen => _open.Count > 0;

    /// <summary>First offset of the oldest transaction without a marker, null when there is none.</summary>
    public long? FirstUndecided => _open.Count == 0 ? null : _open.Values.Min();

    /// <summary>Learns that a producer wrote in a transaction.</summary>
    public void LearnBatch(in RecordBatch header) => _open.TryAdd(header.ProducerId, header.BaseOffset);

    /// <summary>Learns how a transaction ended.</summary>
    public void LearnMarker(ReadOnlyMemory<byte> control)
    {
        var batch = new RecordBatch(control.Span);
        if (TransactionMarker.TryRead(in batch, out var marker) && _open.Remove(batch.ProducerId, out var first) && !marker.IsCommit)
            LearnAborted(batch.ProducerId, first, batch.LastOffset);
    }

    /// <summary>Learns of an aborted transaction, in the order of their markers.</summary>
    public void LearnAborted(long producerId, long firstOffset, long markerOffset)
    {
        if (!_aborted.TryGetValue(producerId, out var ranges))
            _aborted.Add(producerId, ranges = []);
        ranges.Add((firstOffset, markerOffset));
    }

    /// <summary>The batch belongs to an aborted transaction: nobody may read it any more.</summary>
    public bool IsAborted(in RecordBatch batch)
    {
        if (!batch.IsTransactional || !_aborted.TryGetValue(batch.ProducerId, out var ranges))
            return false;
        int low = 0, high = ranges.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (ranges[middle].Marker < batch.LastOffset)
                low = middle + 1;
            else if (ranges[middle].First > batch.BaseOffset)
                high = middle - 1;
            else
                return true;
        }
        return false;
    }

    /// <summary>Notes, in the order of the log, a data batch that is still there.</summary>
    public void Pass(in RecordBatch batch)
    {
        if (batch.IsTransactional)
            _hasBatches.Add(batch.ProducerId);
    }

    /// <summary>
    /// Notes a control batch, in the order of the log. True when nothing needs it any more: no batch of its transaction was left, or it is empty.
    /// </summary>
    public bool PassMarker(in RecordBatch batch)
    {
        if (batch.RecordCount == 0)
            return true;
        // a control record of another kind is none of ours to take out
        return TransactionMarker.TryRead(in batch, out _) && !_hasBatches.Remove(batch.ProducerId);
    }
}
