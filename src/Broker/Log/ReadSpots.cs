namespace ClassicBroker.Broker.Log;

/// <summary>
/// Where the last few reads from a log's files ended. Whoever reads on from there need not search: neither in the index nor, batch by
/// batch, in the file. Owner: its own lock, held for a look at a handful of entries.
/// </summary>
internal sealed class ReadSpots
{
    // readers of one log that go through it at the same time
    private const int Kept = 8;

    private readonly Lock _gate = new();
    private (long Offset, LogSegment Segment, long Position)[]? _spots;
    private int _next;

    /// <summary>Position of the batch that holds <paramref name="offset"/>, when a read ended there in this very segment.</summary>
    public long? TryTake(long offset, LogSegment segment)
    {
        lock (_gate)
        {
            foreach (ref readonly var spot in _spots.AsSpan())
            {
                if (spot.Offset == offset && ReferenceEquals(spot.Segment, segment))
                    return spot.Position;
            }
            return null;
        }
    }

    public void Note(long offset, LogSegment segment, long position)
    {
        lock (_gate)
        {
            _spots ??= new (long, LogSegment, long)[Kept];
            _spots[_next] = (offset, segment, position);
            _next = (_next + 1) % Kept;
        }
    }

    /// <summary>The log was cut: positions may hold other batches, and segments may be gone.</summary>
    public void Clear()
    {
        lock (_gate)
            _spots = null;
    }
}
