using System.Buffers;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// Bytes that grow in a block of the shared pool up to a limit, and go back to the pool when disposed. What a broker decompresses only
/// to look at costs no garbage this way. Owner: one caller at a time.
/// </summary>
public sealed class PooledBytes(int maxBytes) : IDisposable
{
    private const int FirstBlock = 16 * 1024;

    private byte[] _block = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _block.AsSpan(0, Length);

    /// <summary>Room behind what was written for this many bytes or more; InvalidRecordsException when that goes past the limit.</summary>
    public Span<byte> Free(int wanted)
    {
        if (wanted > maxBytes - Length)
            throw TooLarge();
        return Room(wanted);
    }

    /// <summary>Room for a stream of unknown length: one byte of it may lie behind the limit, and that it is written is the fault.</summary>
    internal Span<byte> Probe()
    {
        if (Length > maxBytes)
            throw TooLarge();
        return Room(1);
    }

    public void Advance(int count) => Length += count;

    /// <summary>Throws what was written away and gives a block of at least this size, however large the limit.</summary>
    internal Span<byte> Restart(int size)
    {
        Length = 0;
        if (_block.Length < size)
            Grow(size);
        return _block.AsSpan(0, size);
    }

    internal InvalidRecordsException TooLarge() => new($"A compressed block grows past {maxBytes} bytes.");

    public void Dispose()
    {
        var block = _block;
        (_block, Length) = ([], 0);
        if (block.Length > 0)
            ArrayPool<byte>.Shared.Return(block);
    }

    private Span<byte> Room(int wanted)
    {
        if (_block.Length - Length < wanted)
            Grow(Length + wanted);
        return _block.AsSpan(Length);
    }

    private void Grow(int least)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(Math.Max(least, FirstBlock), Math.Min(_block.Length * 2L, maxBytes)));
        Span.CopyTo(larger);
        if (_block.Length > 0)
            ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }
}
