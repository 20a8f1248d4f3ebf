using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Network;

/// <summary>
/// One client connection. Two loops: the receive loop cuts frames and <em>starts</em> each request in order (so appends of one client
/// keep their order); the answer loop awaits them in the same order and sends. Between them lies a bounded window of requests in
/// flight: when it is full, nothing more is read and TCP holds the client back.
/// Several acks=all produces of one client thus wait for replication together, while answers still leave in request order.
/// Owner: the two loops; <see cref="Abort"/>, <see cref="StopReading"/> and <see cref="CheckDeadlines"/> may be called by others.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>More than this the client has sent in vain anyway; reading on would be working for it.</summary>
    private const int UnreadBytesTaken = 256 * 1024;

    private readonly Socket _socket;
    private readonly RequestOrigin _origin;
    private readonly RequestDispatcher _dispatcher;
    private readonly LimitOptions _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LogThrottle _throttle;
    private readonly FrameReceiver _receiver;
    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationTokenSource _stopReading = new();
    private readonly SemaphoreSlim _window;
    private readonly Channel<Pending> _started;
    private RequestContext? _last;
    private long _lastActivity;
    private string? _closeReason;

    public Connection(
        Socket socket, string listener, string securityProtocol, RequestDispatcher dispatcher,
        LimitOptions limits, TimeProvider time, ILogger log, LogThrottle throttle)
    {
        _socket = socket;
        Remote = (IPEndPoint?)socket.RemoteEndPoint;
        _origin = new RequestOrigin(listener, securityProtocol, Remote, _gone.Token);
        (_dispatcher, _limits, _time, _log, _throttle) = (dispatcher, limits, time, log, throttle);
        _receiver = new FrameReceiver(socket, limits.MaxRequestBytes, time);
        _window = new SemaphoreSlim(limits.MaxInFlightRequests, limits.MaxInFlightRequests);
        _started = Channel.CreateBounded<Pending>(new BoundedChannelOptions(limits.MaxInFlightRequests) { SingleReader = true, SingleWriter = true });
        _lastActivity = time.GetTimestamp();
    }

    public IPEndPoint? Remote { get; }

    /// <summary>Serves until either side ends it. Never throws.</summary>
    public async Task RunAsync()
    {
        var answering = AnswerAsync();
        await ReceiveAsync().ConfigureAwait(false);
        _started.Writer.TryComplete();
        await answering.ConfigureAwait(false);
        if (_closeReason is { } reason && _throttle.MayLog(out var suppressed))
        {
            NetworkLog.Closed(_log, Remote, _origin.ListenerName, reason, suppressed);
        }
    }

    /// <summary>Ends the connection now; the first reason given is the one logged.</summary>
    public void Abort(string? reason)
    {
        Interlocked.CompareExchange(ref _closeReason, reason, null);
        _stopReading.Cancel();
        _gone.Cancel();
        _socket.Dispose();
    }

    /// <summary>Takes no more requests; those started are still answered, parked fetches at once.</summary>
    public void StopReading()
    {
        _stopReading.Cancel();
        Volatile.Read(ref _last)?.SignalAnotherRequest();
    }

    /// <summary>Called about once a second by the listener: closes what has been silent, or stuck inside a frame, for too long.</summary>
    public void CheckDeadlines()
    {
        var partialSince = _receiver.PartialSince;
        if (partialSince != 0 && _time.GetElapsedTime(partialSince).TotalMilliseconds > _limits.FrameTimeoutMs)
        {
            Abort($"a frame was not complete after {_limits.FrameTimeoutMs} ms (frame.completion.timeout.ms)");
        }
        else if (_limits.MaxIdleMs >= 0 && _window.CurrentCount == _limits.MaxInFlightRequests
            && _time.GetElapsedTime(Volatile.Read(ref _lastActivity)).TotalMilliseconds > _limits.MaxIdleMs)
        {
            Abort(null);
        }
    }

    /// <summary>The tokens and the window hold nothing to give back, and a late sweep may still touch them.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _receiver.Dispose();
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (await _receiver.ReceiveAsync(_stopReading.Token).ConfigureAwait(false) is { } frame)
            {
                Volatile.Write(ref _lastActivity, _time.GetTimestamp());
                _last?.SignalAnotherRequest();
                if (!await StartAsync(frame).ConfigureAwait(false))
                {
                    return;
                }
            }
        }
        catch (FrameException e)
        {
            // Requests before the bad frame are still answered; then the answer loop closes.
            Interlocked.CompareExchange(ref _closeReason, e.Message, null);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away, or we are closing: the ordinary ends of a connection.
            if (e is SocketException)
            {
                Abort(null);
            }
        }
        finally
        {
            // Nothing comes behind it any more, so there is nothing to park for.
            _last?.SignalAnotherRequest();
        }
    }

    /// <summary>Starts one request, when the window has room, and queues its answer. False when nothing more is to be read.</summary>
    private async ValueTask<bool> StartAsync(FrameBuffer frame)
    {
        try
        {
            await _window.WaitAsync(_stopReading.Token).ConfigureAwait(false);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        var request = _dispatcher.Open(frame.Content, _origin);
        // Before it is started: a stop that comes meanwhile must find it, or a parked request would hold the stop up.
        Volatile.Write(ref _last, request.Context);
        var answer = _dispatcher.AnswerAsync(request);

        // The window is as wide as the channel, so there is always room.
        _started.Writer.TryWrite(new Pending(answer, frame));
        return request.Refusal is null;
    }

    private async Task AnswerAsync()
    {
        using var sender = new AnswerSender(_socket);
        var close = false;
        try
        {
            while (!close && await _started.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (!close && _started.Reader.TryRead(out var pending))
                {
                    if (sender.HasWaiting && (!pending.Answer.IsCompleted || sender.IsFull))
                    {
                        close = !await FlushAsync(sender).ConfigureAwait(false);
                    }

                    close |= await FinishAsync(pending, sender).ConfigureAwait(false);
                }

                close |= !await FlushAsync(sender).ConfigureAwait(false);
                Volatile.Write(ref _lastActivity, _time.GetTimestamp());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody reads the answers any more.
        }

        EndQuietly();
        Abort(null);
        await DrainAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> FlushAsync(AnswerSender sender)
    {
        if (await sender.FlushAsync().ConfigureAwait(false))
        {
            return true;
        }

        Interlocked.CompareExchange(ref _closeReason, "an acknowledgement was no longer this broker's to give when it was to be sent", null);
        return false;
    }

    /// <summary>
    /// Says "no more" and takes what has arrived already: closing a socket with unread bytes makes TCP reset it, and a reset can overtake and destroy
    /// answers the client has not read yet.
    /// </summary>
    private void EndQuietly()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            Span<byte> nowhere = stackalloc byte[4096];
            for (var taken = 0; taken < UnreadBytesTaken && _socket.Available > 0; taken += nowhere.Length)
            {
                _socket.Receive(nowhere);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already gone.
        }
    }

    /// <summary>Awaits one answer and hands it to the sender. True when the connection has to be closed after it.</summary>
    private async ValueTask<bool> FinishAsync(Pending pending, AnswerSender sender)
    {
        try
        {
            var answer = await pending.Answer.ConfigureAwait(false);
            sender.Add(answer);
            return answer.CloseConnection;
        }
        catch (ProtocolException e)
        {
            Interlocked.CompareExchange(ref _closeReason, e.Message, null);
            return true;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception e)
        {
            NetworkLog.HandlerFailed(_log, Remote, e);
            Interlocked.CompareExchange(ref _closeReason, $"a handler failed: {e.Message}", null);
            return true;
        }
        finally
        {
            pending.Frame.Dispose();
            _window.Release();
        }
    }

    /// <summary>Requests started but never answered still own buffers and leases: await and dispose them all.</summary>
    private async ValueTask DrainAsync()
    {
        using var nowhere = new AnswerSender(_socket);
        while (await _started.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_started.Reader.TryRead(out var pending))
            {
                await FinishAsync(pending, nowhere).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A request that has been started: its answer to come, and the bytes it still reads.</summary>
    private readonly record struct Pending(ValueTask<RequestAnswer> Answer, FrameBuffer Frame);
}
