using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The newest batches of a log that is led here, in memory: followers and consumers near the end are answered from the very blocks the
/// batches were put into, without a copy and without a system call. The batches are those of the file, from some offset to the log end
/// without a gap; when a batch cannot be kept (no memory, or too large), the tail is given up and begins anew with the next one.
/// <para>
/// Owner: its own lock, held to find or add a block, never while bytes are sent. An append never waits for a reader: it takes a block
/// out of the tail, and the reader that still holds it gives it back to the pool.
/// </para>
/// </summary>
internal sealed class HotTail(HotTailMemory memory)
{
    /// <summary>The first block of a quiet log; each further one is twice as large, up to <see cref="LargestBlock"/>.</summary>
    private const int SmallestBlock = 16 * 1024;

    /// <summary>What one read can give: a reader that wants more comes again.</summary>
    private const int LargestBlock = 512 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<TailBlock> _blocks = new();
    private TailBlock? _newest;
    private long _bytes;
    private bool _touched;

    /// <summary>Bytes of the blocks kept now.</summary>
    public long Bytes { get { lock (_gate) return _bytes; } }

    /// <summary>Keeps a batch that was written at the log end.</summary>
    public void Append(ReadOnlySpan<byte> batch, long firstOffset, long lastOffset)
    {
        if (memory.MaxBytesPerLog == 0)
            return;
        lock (_gate)
        {
            _touched = true;
            if (_newest is { } last && last.NextOffset != firstOffset)
                Drop();
            if ((_newest is { } block && block.Free >= batch.Length) || Grow(batch.Length))
                _newest!.Append(batch, firstOffset, lastOffset);
            else
                Drop();
        }
    }

    /// <summary>
    /// What <see cref="PartitionLog.Read"/> gives, when the batch that holds <paramref name="offset"/> is kept here; null when it is not.
    /// </summary>
    public LogRead? TryRead(long offset, int maxBytes, long upToOffset, bool atLeastOneBatch)
    {
        TailBlock? block = null;
        int start, length;
        lock (_gate)
        {
            if (_newest is null || offset >= _newest.NextOffset)
                return null;
            foreach (var candidate in _blocks)
            {
                if (offset >= candidate.NextOffset)
                    continue;
                block = offset >= candidate.FirstOffset ? candidate : null;
                break;
            }
            if (block is null)
                return null;
            _touched = true;
            block.Hold();
            (start, length) = (block.PositionBefore(offset), block.Length);
        }
        return Cut(block, start, length, offset, maxBytes, upToOffset, atLeastOneBatch);
    }

    /// <summary>Forgets all: the log was cut, emptied or closed.</summary>
    public void Clear()
    {
        lock (_gate)
            Drop();
    }

    /// <summary>Gives the memory back when nothing was appended or read since the last call.</summary>
    public void Rest()
    {
        lock (_gate)
        {
            if (!_touched)
                Drop();
            _touched = false;
        }
    }

    // the block is held: its bytes stay, and those below length never change
    private static LogRead Cut(TailBlock block, int start, int length, long offset, int maxBytes, long upToOffset, bool atLeastOneBatch)
    {
        var bytes = block.Bytes.Span[..length];
        while (new RecordBatch(bytes[start..]).LastOffset < offset)
            start += (int)new RecordBatch(bytes[start..]).Length;
        var (end, next) = (start, offset);
        while (end < length)
        {
            var batch = new RecordBatch(bytes[end..]);
            var size = (int)batch.Length;
            if (batch.LastOffset >= upToOffset || (end + size - start > maxBytes && !(atLeastOneBatch && end == start)))
                break;
            (end, next) = (end + size, batch.NextOffset);
        }
        if (end > start)
            return new LogRead(block.Bytes[start..end], new Lease(block), next);
        block.LetGo();
        return new LogRead(default, null, offset);
    }

    private bool Grow(int batchBytes)
    {
        var wanted = Math.Max(batchBytes, Math.Min(LargestBlock, _newest is null ? SmallestBlock : _newest.Size * 2));
        wanted = Math.Max(batchBytes, Math.Min(wanted, memory.MaxBytesPerLog / 4));
        if (wanted > memory.MaxBytesPerLog)
            return false;
        while (_bytes + wanted > memory.MaxBytesPerLog)
            DropOldest();
        var block = memory.TryRent(wanted);
        // no room in the broker: our own oldest blocks make some, unless a reader holds them
        while (block is null && _blocks.Count > 0)
        {
            DropOldest();
            block = memory.TryRent(wanted);
        }
        if (block is null)
            return false;
        _blocks.Enqueue(block);
        (_newest, _bytes) = (block, _bytes + block.Size);
        return true;
    }

    private void DropOldest()
    {
        var oldest = _blocks.Dequeue();
        _bytes -= oldest.Size;
        if (ReferenceEquals(oldest, _newest))
            _newest = null;
        oldest.LetGo();
    }

    private void Drop()
    {
        while (_blocks.Count > 0)
            DropOldest();
    }

    /// <summary>One read's hold on a block, let go once however often it is disposed.</summary>
    private sealed class Lease(TailBlock block) : IDisposable
    {
        private TailBlock? _block = block;

        public void Dispose() => Interlocked.Exchange(ref _block, null)?.LetGo();
    }
}
