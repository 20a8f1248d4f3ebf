namespace ClassicBroker.Broker.Log;

/// <summary>
/// What a log remembers of one producer id: its epoch, the last few batches (to know a repeated one again), and where its open
/// transaction began. Owner: <see cref="ProducerStates"/>.
/// </summary>
internal sealed class ProducerEntry(long producerId, short epoch)
{
    /// <summary>Batches remembered per producer: as many as an idempotent producer may have in flight on one connection.</summary>
    public const int Window = 5;

    private readonly Queue<Written> _batches = new(Window);

    /// <summary>A batch in the log.</summary>
    public readonly record struct Written(int FirstSequence, int LastSequence, long LastOffset, int OffsetDelta, long Timestamp)
    {
        public long FirstOffset => LastOffset - OffsetDelta;
    }

    public long ProducerId { get; } = producerId;

    public short Epoch { get; private set; } = epoch;

    public int CoordinatorEpoch { get; set; } = -1;

    /// <summary>First offset of the open transaction, -1 when none is open.</summary>
    public long TransactionFirstOffset { get; set; } = -1;

    /// <summary>Of the last batch or marker; the entry expires some time after.</summary>
    public long LastTimestamp { get; set; } = -1;

    public IReadOnlyCollection<Written> Batches => _batches;

    /// <summary>-1 before the first batch of this epoch.</summary>
    public int LastSequence { get; private set; } = -1;

    /// <summary>Goes on to a later epoch; its sequences begin at 0 again.</summary>
    public void MoveTo(short epoch)
    {
        if (epoch == Epoch)
            return;
        Epoch = epoch;
        LastSequence = -1;
        _batches.Clear();
    }

    public void Add(Written batch)
    {
        if (_batches.Count == Window)
            _batches.Dequeue();
        _batches.Enqueue(batch);
        (LastSequence, LastTimestamp) = (batch.LastSequence, batch.Timestamp);
    }

    /// <summary>The remembered batch of exactly these sequences, null when there is none.</summary>
    public Written? Find(int firstSequence, int lastSequence)
    {
        foreach (var batch in _batches)
        {
            if (batch.FirstSequence == firstSequence && batch.LastSequence == lastSequence)
                return batch;
        }
        return null;
    }
}
