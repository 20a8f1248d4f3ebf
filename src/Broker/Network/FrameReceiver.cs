using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace ClassicBroker.Broker.Network;

/// <summary>
/// Cuts a connection's bytes into frames: int32 size, then that many bytes. Between frames it holds no buffer (it waits with an empty
/// receive), so an idle connection costs next to nothing. What arrives first is staged, because several small pipelined
/// frames often come in one piece; the rest of a large frame is received straight into its own buffer.
/// Owner: the connection's receive loop. <see cref="PartialSince"/> may be read by anyone.
/// </summary>
internal sealed class FrameReceiver(Socket socket, int maxFrameBytes, TimeProvider time) : IDisposable
{
    /// <summary>Holds some tens of small requests; larger ones continue in their own buffer.</summary>
    private const int StagingBytes = 8 * 1024;

    private const int SizeBytes = sizeof(int);

    private byte[]? _staged;
    private int _start;
    private int _end;
    private long _partialSince;

    /// <summary>Timestamp (of the time provider) at which the unfinished frame began; 0 between frames.</summary>
    public long PartialSince => Volatile.Read(ref _partialSince);

    private int Staged => _end - _start;

    /// <summary>The next whole frame, or null when the client has closed between frames.</summary>
    /// <exception cref="FrameException">Negative or too large size, or closed inside a frame.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async ValueTask<FrameBuffer?> ReceiveAsync(CancellationToken ct)
    {
        if (Staged > 0)
        {
            // The time a frame waited for us, while the window was full, is not the client's fault.
            Volatile.Write(ref _partialSince, time.GetTimestamp());
        }

        while (Staged < SizeBytes)
        {
            if (!await StageMoreAsync(ct).ConfigureAwait(false))
            {
                return Staged == 0 ? null : throw new FrameException("the client closed inside a frame's size");
            }
        }

        var size = BinaryPrimitives.ReadInt32BigEndian(_staged.AsSpan(_start));
        if (size < 0 || size > maxFrameBytes)
        {
            throw new FrameException($"frame size {size} is not from 0 to {maxFrameBytes} (socket.request.max.bytes)");
        }

        _start += SizeBytes;
        var frame = new FrameBuffer(size);
        try
        {
            await FillAsync(frame, ct).ConfigureAwait(false);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        Volatile.Write(ref _partialSince, 0);
        return frame;
    }

    public void Dispose() => ReleaseStaging();

    private async ValueTask FillAsync(FrameBuffer frame, CancellationToken ct)
    {
        while (!frame.IsComplete)
        {
            var free = frame.Free();
            if (Staged > 0)
            {
                var copied = Math.Min(Staged, free.Length);
                _staged.AsSpan(_start, copied).CopyTo(free.Span);
                _start += copied;
                frame.Advance(copied);
                continue;
            }

            var received = await socket.ReceiveAsync(free, SocketFlags.None, ct).ConfigureAwait(false);
            if (received == 0)
            {
                throw new FrameException($"the client closed after {frame.Length} of {frame.Size} bytes of a frame");
            }

            frame.Advance(received);
        }
    }

    private async ValueTask<bool> StageMoreAsync(CancellationToken ct)
    {
        if (Staged == 0)
        {
            ReleaseStaging();
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, ct).ConfigureAwait(false);
        }

        _staged ??= ArrayPool<byte>.Shared.Rent(StagingBytes);
        if (_start > 0)
        {
            _staged.AsSpan(_start, Staged).CopyTo(_staged);
            (_start, _end) = (0, Staged);
        }

        var received = await socket.ReceiveAsync(_staged.AsMemory(_end), SocketFlags.None, ct).ConfigureAwait(false);
        _end += received;
        if (received > 0 && _partialSince == 0)
        {
            Volatile.Write(ref _partialSince, time.GetTimestamp());
        }

        return received > 0;
    }

    private void ReleaseStaging()
    {
        if (_staged is { } staged)
        {
            _staged = null;
            _start = _end = 0;
            ArrayPool<byte>.Shared.Return(staged);
        }
    }
}
