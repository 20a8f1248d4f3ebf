namespace ClassicBroker.Broker.Log;

/// <summary>
/// The transactions of one log that a read_committed reader must not see yet: those without a marker, and those whose marker is not below
/// the high watermark, since it may still be cut off. The oldest first offset of them bounds the last stable offset.
/// Owner: <see cref="ProducerStates"/>.
/// Source: ongoingTxns and unreplicatedTxns of storage/…/internals/log/ProducerStateManager.java.
/// </summary>
internal sealed class OpenTransactions
{
    private readonly SortedSet<(long FirstOffset, long ProducerId)> _ongoing = [];
    private readonly SortedSet<(long FirstOffset, long LastOffset)> _unreplicated = [];
    private readonly Queue<(long FirstOffset, long LastOffset)> _byMarker = [];

    /// <summary>First offset of the oldest transaction that is open or not replicated; null when there is none.</summary>
    public long? FirstOffset
    {
        get
        {
            var first = _ongoing.Count == 0 ? long.MaxValue : _ongoing.Min.FirstOffset;
            if (_unreplicated.Count > 0)
                first = Math.Min(first, _unreplicated.Min.FirstOffset);
            return first == long.MaxValue ? null : first;
        }
    }

    public void Begin(long producerId, long firstOffset) => _ongoing.Add((firstOffset, producerId));

    /// <summary>
    /// The marker at <paramref name="lastOffset"/> ends a transaction. Returns what the transaction index keeps as last stable offset:
    /// where the oldest transaction begins that is still open, else the offset after the marker.
    /// </summary>
    public long Complete(long producerId, long firstOffset, long lastOffset)
    {
        _ongoing.Remove((firstOffset, producerId));
        _unreplicated.Add((firstOffset, lastOffset));
        _byMarker.Enqueue((firstOffset, lastOffset));
        return _ongoing.Count == 0 ? lastOffset + 1 : _ongoing.Min.FirstOffset;
    }

    /// <summary>Forgets completed transactions whose marker is below <paramref name="highWatermark"/>; false when there are none.</summary>
    public bool Replicated(long highWatermark)
    {
        var any = false;
        while (_byMarker.TryPeek(out var oldest) && oldest.LastOffset < highWatermark)
        {
            _unreplicated.Remove(_byMarker.Dequeue());
            any = true;
        }
        return any;
    }

    public void Clear()
    {
        _ongoing.Clear();
        _unreplicated.Clear();
        _byMarker.Clear();
    }
}
