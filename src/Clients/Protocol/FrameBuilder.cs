using System.Buffers;
using System.Buffers.Binary;

namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// Bytes of one frame as a gather list: small fields go into pooled chunks, record bytes are only referenced, so a socket can send a fetch
/// answer straight from the blocks of the log. Owned by one request or response at a time; not thread-safe.
/// </summary>
/// <remarks>
/// Referenced memory must stay unchanged until the frame is sent. <see cref="Dispose"/> gives the chunks back; <see cref="Segments"/> must
/// not be touched afterwards.
/// </remarks>
public sealed class FrameBuilder : IDisposable
{
    /// <summary>Most responses fit; a larger one goes on in chunks of <see cref="NextChunk"/>.</summary>
    private const int FirstChunk = 256;
    private const int NextChunk = 16 * 1024;

    /// <summary>Below this, copying costs less than one more entry for the socket's gather list.</summary>
    private const int CopyBelow = 128;

    private readonly List<ReadOnlyMemory<byte>> segments = [];
    private List<byte[]>? filled;
    private byte[] chunk = [];
    private int segmentStart;
    private int position;
    private int closedLength;
    private bool disposed;

    /// <summary>Bytes written so far.</summary>
    public int Length => closedLength + position - segmentStart;

    /// <summary>All bytes in order. Writing may go on afterwards; ask again then.</summary>
    public List<ReadOnlyMemory<byte>> Segments
    {
        get
        {
            CloseSegment();
            return segments;
        }
    }

    /// <summary>The next <paramref name="count"/> bytes of the frame, contiguous, for the caller to fill at once.</summary>
    public Span<byte> Take(int count)
    {
        if (chunk.Length - position < count) NextBlock(count);
        Span<byte> taken = chunk.AsSpan(position, count);
        position += count;
        return taken;
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Adds bytes without copying them, unless they are few.</summary>
    public void WriteReference(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < CopyBelow)
        {
            Write(bytes.Span);
            return;
        }
        CloseSegment();
        segments.Add(bytes);
        closedLength = checked(closedLength + bytes.Length);
    }

    /// <summary>Leaves room for the size of a frame; <see cref="PatchInt32"/> fills it in when the frame is complete.</summary>
    public Memory<byte> ReserveInt32()
    {
        Take(4);
        return chunk.AsMemory(position - 4, 4);
    }

    public static void PatchInt32(Memory<byte> reserved, int value) => BinaryPrimitives.WriteInt32BigEndian(reserved.Span, value);

    /// <summary>One copy of everything, for those who need it contiguous.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        int offset = 0;
        foreach (ReadOnlyMemory<byte> segment in Segments)
        {
            segment.Span.CopyTo(bytes.AsSpan(offset));
            offset += segment.Length;
        }
        return bytes;
    }

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        if (chunk.Length > 0) ArrayPool<byte>.Shared.Return(chunk);
        foreach (byte[] earlier in filled ?? []) ArrayPool<byte>.Shared.Return(earlier);
        filled = null;
        segments.Clear();
        chunk = [];
        segmentStart = position = closedLength = 0;
    }

    private void CloseSegment()
    {
        if (position == segmentStart) return;
        segments.Add(chunk.AsMemory(segmentStart, position - segmentStart));
        closedLength = checked(closedLength + position - segmentStart);
        segmentStart = position;
    }

    private void NextBlock(int count)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        CloseSegment();
        int least = FirstChunk;
        if (chunk.Length > 0)
        {
            (filled ??= []).Add(chunk);
            least = NextChunk;
        }
        chunk = ArrayPool<byte>.Shared.Rent(Math.Max(count, least));
        segmentStart = position = 0;
    }
}
