using System.Net.Sockets;
using System.Runtime.InteropServices;
using ClassicBroker.Broker.Api;

namespace ClassicBroker.Broker.Network;

/// <summary>
/// Puts answers on the socket: those that are ready together leave in one gathered send, record bytes straight from where the log
/// keeps them. Every answer given to it is disposed, sent or not. Owner: the connection's answer loop.
/// </summary>
internal sealed class AnswerSender(Socket socket) : IDisposable
{
    /// <summary>Ready answers are gathered up to this size; beyond it, waiting longer would save no more calls worth counting.</summary>
    private const int GatherBytes = 256 * 1024;

    /// <summary>Below Linux's IOV_MAX of 1024 pieces per call.</summary>
    private const int MaxPieces = 512;

    private readonly List<RequestAnswer> _waiting = [];
    private readonly List<ArraySegment<byte>> _pieces = [];
    private int _bytes;

    // Once an answer was held back nothing may follow it: answers leave in order.
    private bool _stale;

    public bool HasWaiting => _waiting.Count > 0;

    public bool IsFull => _bytes >= GatherBytes;

    public void Add(RequestAnswer answer)
    {
        _waiting.Add(answer);
        if (answer.Frame is not { } frame)
        {
            return;
        }

        _bytes += frame.Length;
        foreach (var segment in frame.Segments)
        {
            _pieces.Add(MemoryMarshal.TryGetArray(segment, out var array) ? array : segment.ToArray());
        }
    }

    /// <summary>
    /// Sends all that waits, in order; afterwards nothing waits. False when an answer no longer held in the last moment (<see cref="IAnswerFence"/>): nothing of
    /// what waits is sent any more, and the connection has to be closed.
    /// </summary>
    public async ValueTask<bool> FlushAsync()
    {
        try
        {
            if (!AllHold())
            {
                return false;
            }

            for (var first = 0; first < _pieces.Count; first += MaxPieces)
            {
                if (first > 0 && !AllHold())
                {
                    return false;
                }

                var count = Math.Min(MaxPieces, _pieces.Count - first);
                if (_pieces.Count == 1)
                {
                    await SendOneAsync(_pieces[0]).ConfigureAwait(false);
                }
                else
                {
                    await SendManyAsync(_pieces.GetRange(first, count)).ConfigureAwait(false);
                }
            }

            return true;
        }
        finally
        {
            Dispose();
        }
    }

    private bool AllHold()
    {
        if (_stale)
        {
            return false;
        }

        foreach (var answer in _waiting)
        {
            if (answer.Fence is { Holds: false })
            {
                _stale = true;
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        foreach (var answer in _waiting)
        {
            answer.Dispose();
        }

        _waiting.Clear();
        _pieces.Clear();
        _bytes = 0;
    }

    private async ValueTask SendOneAsync(ReadOnlyMemory<byte> piece)
    {
        while (piece.Length > 0)
        {
            piece = piece[await socket.SendAsync(piece, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    private async ValueTask SendManyAsync(List<ArraySegment<byte>> pieces)
    {
        while (pieces.Count > 0)
        {
            var sent = await socket.SendAsync(pieces, SocketFlags.None).ConfigureAwait(false);
            var whole = 0;
            while (whole < pieces.Count && sent >= pieces[whole].Count)
            {
                sent -= pieces[whole++].Count;
            }

            pieces.RemoveRange(0, whole);
            if (sent > 0)
            {
                pieces[0] = pieces[0].Slice(sent);
            }
        }
    }
}
