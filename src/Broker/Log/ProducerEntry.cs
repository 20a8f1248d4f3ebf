namespace ClassicBroker.Broker.Log;

/// <summary>
/// What a log remembers of one producer id: its epoch, the last few batches (to know a repeated one again), and where its open
/// transaction began. Owner: <see cref="ProducerStates"/>.
/// </summary>
internal sealed class ProducerEntry(long producerId, short epoch)
{
    /// <summary>Batches remembered per producer: as many as an idempotent producer may have in flight on one connection.</summary>
    public const int Window = 5;

    // a ring, as long as it needs to be: most producer ids write once and are never heard of again
    private Written[] _batches = [];
    private int _next, _count;

    /// <summary>A batch in the log.</summary>
    public readonly record struct Written(int FirstSequence, int LastSequence, long LastOffset, int OffsetDelta, long Timestamp)
    {
        public static readonly Written None = new(-1, -1, -1, 0, -1);

        public long FirstOffset => LastOffset - OffsetDelta;
    }

    public long ProducerId { get; } = producerId;

    public short Epoch { get; private set; } = epoch;

    /// <summary>Of the coordinator that wrote the last marker, -1 before the first.</summary>
    public int CoordinatorEpoch { get; set; } = -1;

    /// <summary>First offset of the open transaction, -1 when none is open.</summary>
    public long TransactionFirstOffset { get; set; } = -1;

    public bool InTransaction => TransactionFirstOffset >= 0;

    /// <summary>The producer's own time of the last batch or marker, as the snapshot keeps it.</summary>
    public long LastTimestamp { get; set; } = -1;

    /// <summary>On this broker's monotonic clock, when the last batch was written or found in the log; the entry expires some time after.</summary>
    public long SeenAt { get; set; }

    /// <summary>The newest batch of this epoch; <see cref="Written.None"/> before the first.</summary>
    public Written Last => _count == 0 ? Written.None : _batches[(_next + _batches.Length - 1) % _batches.Length];

    /// <summary>Goes on to another epoch; its sequences begin at 0 again.</summary>
    public void MoveTo(short epoch)
    {
        if (epoch == Epoch)
            return;
        Epoch = epoch;
        (_next, _count) = (0, 0);
    }

    public void Add(in Written batch)
    {
        if (_count == _batches.Length && _count < Window)
        {
            // the ring is not yet whole, so it has not turned: its order is that of the array
            Array.Resize(ref _batches, _count == 0 ? 1 : Window);
            _next = _count;
        }
        _batches[_next] = batch;
        _next = (_next + 1) % _batches.Length;
        _count = Math.Min(_count + 1, _batches.Length);
        LastTimestamp = batch.Timestamp;
    }

    /// <summary>The remembered batch of exactly these sequences, null when there is none.</summary>
    public Written? Find(int firstSequence, int lastSequence)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_batches[i].FirstSequence == firstSequence && _batches[i].LastSequence == lastSequence)
                return _batches[i];
        }
        return null;
    }
}
