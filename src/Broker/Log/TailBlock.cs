namespace ClassicBroker.Broker.Log;

/// <summary>
/// A pooled block of whole batches, held by its tail and by every read that was answered from it; whoever lets go last gives it back.
/// Bytes below <see cref="Length"/> never change. Owner of writing: the log's writer. Holding and letting go: any thread.
/// </summary>
internal sealed class TailBlock(HotTailMemory memory, byte[] bytes, int size)
{
    // one place to begin a search from per so many bytes
    private const int MarkEvery = 4096;

    private readonly (long Offset, int Position)[] _marks = new (long, int)[size / MarkEvery + 1];
    private int _marked;
    private int _holders = 1;
    private int _length;

    /// <summary>Bytes written.</summary>
    public int Length => Volatile.Read(ref _length);

    public int Free => size - _length;

    public int Size => size;

    /// <summary>Base offset of the first batch.</summary>
    public long FirstOffset => _marks[0].Offset;

    /// <summary>The offset after the last batch.</summary>
    public long NextOffset { get; private set; } = -1;

    public Memory<byte> Bytes => bytes;

    /// <summary>Adds one batch; there must be room.</summary>
    public void Append(ReadOnlySpan<byte> batch, long firstOffset, long lastOffset)
    {
        if (_marked == 0 || _length - _marks[_marked - 1].Position >= MarkEvery)
            _marks[_marked++] = (firstOffset, _length);
        batch.CopyTo(bytes.AsSpan(_length));
        NextOffset = lastOffset + 1;
        Volatile.Write(ref _length, _length + batch.Length);
    }

    /// <summary>A position at or before the batch that holds <paramref name="offset"/>, which must not be below the first.</summary>
    public int PositionBefore(long offset)
    {
        int low = 0, high = _marked - 1, found = 0;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_marks[middle].Offset <= offset)
                (found, low) = (middle, middle + 1);
            else
                high = middle - 1;
        }
        return _marks[found].Position;
    }

    /// <summary>One more holder. Only somebody who knows that there is one may ask.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>One holder less; the last one gives the memory back.</summary>
    public void LetGo()
    {
        var left = Interlocked.Decrement(ref _holders);
        if (left == 0)
            memory.Return(bytes, size);
        if (left < 0)
            throw new InvalidOperationException("A block of the hot tail was let go once too often.");
    }
}
