using System.Buffers;

namespace ClassicBroker.Broker.Network;

/// <summary>
/// The pooled bytes of one request frame. Grows only as bytes really arrive: a client that announces 100 MiB and sends ten bytes
/// has cost us the first block, not 100 MiB. Owner: the connection, until the request is answered.
/// </summary>
internal sealed class FrameBuffer : IDisposable
{
    /// <summary>First block of a large frame. Most requests are smaller and get what they need at once.</summary>
    private const int FirstBlock = 64 * 1024;

    private byte[] _bytes;

    public FrameBuffer(int size)
    {
        Size = size;
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Min(size, FirstBlock));
    }

    /// <summary>Bytes the frame will have.</summary>
    public int Size { get; }

    /// <summary>Bytes that have arrived.</summary>
    public int Length { get; private set; }

    public bool IsComplete => Length == Size;

    public Memory<byte> Content => _bytes.AsMemory(0, Length);

    /// <summary>Where the next bytes of this frame belong; never reaches into the next frame. Not empty while incomplete.</summary>
    public Memory<byte> Free()
    {
        if (Length == _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Size, _bytes.Length * 2L));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsMemory(Length, Math.Min(_bytes.Length, Size) - Length);
    }

    public void Advance(int count) => Length += count;

    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
