using System.Buffers;
using System.Numerics;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The memory that the hot tails of all logs of a broker share, and its bound. Blocks come from the shared pool and are counted until
/// they are back there, also while only a slow reader still holds them: such a reader costs room for tails, never more memory, and an
/// append that finds no room goes on without a tail. Safe from any thread.
/// </summary>
/// <param name="maxBytes">all blocks together; 0 keeps no tails</param>
/// <param name="maxBytesPerLog">the tail of one log</param>
public sealed class HotTailMemory(long maxBytes, int maxBytesPerLog)
{
    /// <summary>No tails: every read goes to the file.</summary>
    public static HotTailMemory None { get; } = new(0, 0);

    private long _used;
    private long _blocks;

    /// <summary>What one log may keep.</summary>
    public int MaxBytesPerLog => maxBytesPerLog;

    /// <summary>Bytes of the blocks that are out now.</summary>
    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Blocks that are out now.</summary>
    public long Blocks => Interlocked.Read(ref _blocks);

    /// <summary>A block of at least <paramref name="size"/> bytes, held once; null when there is no room.</summary>
    internal TailBlock? TryRent(int size)
    {
        // what the pool will give, and so what it costs
        size = (int)BitOperations.RoundUpToPowerOf2((uint)size);
        // asked before, so that the bound is kept also by those who ask together
        if (Interlocked.Add(ref _used, size) > maxBytes)
        {
            Interlocked.Add(ref _used, -size);
            return null;
        }
        Interlocked.Increment(ref _blocks);
        return new TailBlock(this, ArrayPool<byte>.Shared.Rent(size), size);
    }

    internal void Return(byte[] bytes, int size)
    {
        ArrayPool<byte>.Shared.Return(bytes);
        Interlocked.Decrement(ref _blocks);
        Interlocked.Add(ref _used, -size);
    }
}
