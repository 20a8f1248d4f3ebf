using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// One TCP connection, from after the handshake until it breaks. Three loops: one takes requests from the queue, as long as the window has room, and
/// sends them gathered; one reads answers, which come in the order of the requests; one watches the clock, sends pings and hangs up on silence.
/// Owner: the session loop, which runs it to its end. When it ends, everything still in the window fails with ConnectionLoss.
/// </summary>
internal sealed class Connection(Stream stream, ServerAddress server, DriverParts parts)
{
    /// <summary>Small requests are sent together up to this size: fewer system calls, and the ensemble sees them together.</summary>
    private const int GatherBytes = 64 * 1024;

    private readonly Channel<PendingRequest> _window =
        Channel.CreateBounded<PendingRequest>(new BoundedChannelOptions(parts.Options.MaxInFlight) { SingleReader = true, SingleWriter = true });

    // when the pings under way were sent; they are answered in order, and there are never more than a few: two thirds of the session timeout of silence end the connection
    private readonly ConcurrentQueue<long> _pings = new();

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly FrameSplitter _splitter = new(parts.Options.MaxFrameBytes);
    private readonly Session _session = parts.Session;
    private readonly TimeProvider _time = parts.Time;
    private int _xid;
    private long _lastSent = parts.Time.GetTimestamp();
    private long _lastReceived = parts.Time.GetTimestamp();

    /// <summary>Runs until the connection breaks or <paramref name="ct"/> is cancelled, and says why it ended.</summary>
    public async Task<Exception> RunAsync(CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task[] loops = [SendLoopAsync(over.Token), ReceiveLoopAsync(over.Token), LivenessLoopAsync(over.Token)];
        Task ended = await Task.WhenAny(loops);
        await over.CancelAsync();
        await stream.DisposeAsync();
        await Task.WhenAll(loops).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        var reason = ended.Exception?.InnerException ?? new OperationCanceledException("the client is closing");
        FailWindow(reason);
        _writing.Dispose();
        return reason;
    }

    private async Task SendLoopAsync(CancellationToken ct)
    {
        await PrimeAsync(ct);
        byte[] gathered = new byte[GatherBytes];
        while (await parts.Queue.WaitAsync(ct))
        {
            await _window.Writer.WaitToWriteAsync(ct);
            var toSend = Gather(gathered);
            if (!toSend.IsEmpty) await WriteAsync(toSend, ct);
        }
    }

    /// <summary>Credentials and watches belong to the connection, so they go first, before any request.</summary>
    private async Task PrimeAsync(CancellationToken ct)
    {
        if (Authentication.ToFrame(parts.Options) is { } credentials) await WriteAsync(credentials, ct);
        foreach (byte[] frame in _session.Watches.ToFrames(_session.LastZxid)) await WriteAsync(frame, ct);
    }

    /// <summary>Moves requests from the queue into the window while it has room, and their frames into one piece of memory.</summary>
    private ReadOnlyMemory<byte> Gather(byte[] gathered)
    {
        int length = 0;
        long now = _time.GetTimestamp();
        while (parts.Queue.TryPeek(out var request))
        {
            if (request.IsAbandoned)
            {
                parts.Queue.TryTake(out _);
                continue;
            }

            bool isLarge = request.Frame.Length > gathered.Length;
            if (length > 0 && length + request.Frame.Length > gathered.Length) break;

            _xid = Xid.After(_xid);
            request.StampForSending(_xid, now);
            if (!_window.Writer.TryWrite(request)) break;
            parts.Queue.TryTake(out _);
            if (isLarge) return request.Frame;

            request.Frame.CopyTo(gathered, length);
            length += request.Frame.Length;
        }

        return gathered.AsMemory(0, length);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            Volatile.Write(ref _lastSent, _time.GetTimestamp());
            await stream.WriteAsync(bytes, ct);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReceiveLoopAsync(CancellationToken ct)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: GatherBytes, leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await pipe.ReadAsync(ct);
                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                var buffer = result.Buffer;
                while (_splitter.TryTake(ref buffer, out var frame))
                {
                    if (TakeFrame(frame) is not { } fired) continue;

                    // first posted, then spent: if we are stopped in between, the server fires it again on the next connection
                    await parts.Events.PostAsync(fired with { Path = parts.Connect.ToClient(fired.Path) }, ct);
                    _session.Watches.Fired(fired.Type, fired.Path);
                }

                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted) throw new IOException($"{server} closed the connection");
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    /// <summary>Does what the frame says, except raising the event it may be: that one is returned.</summary>
    private ZNodeEvent? TakeFrame(Frame frame)
    {
        var body = new JuteReader(frame.Bytes.IsSingleSegment ? frame.Bytes.FirstSpan : frame.Bytes.ToArray());
        int xid = body.ReadInt();
        long zxid = body.ReadLong();
        var error = (ZooKeeperError)body.ReadInt();
        switch (xid)
        {
            case Xid.Ping:
                if (_pings.TryDequeue(out long pingedAt)) _session.Clock.Renewed(pingedAt);
                return null;
            case Xid.Notification:
                return frame.IsOversized ? throw Oversized(frame, "a watch event") : ReadEvent(ref body);
            case Xid.Auth:
                if (error != ZooKeeperError.Ok) throw new ZooKeeperException(ZooKeeperError.AuthFailed, null, $"{server} refused the digest credentials: {error}");
                return null;
            case Xid.SetWatches:
                if (error != ZooKeeperError.Ok) throw new ZooKeeperProtocolException($"{server} did not set the watches again: {error}");
                return null;
            default:
                _session.Seen(zxid);
                AnswerNext(frame, xid, error, ref body);
                return null;
        }
    }

    private void AnswerNext(Frame frame, int xid, ZooKeeperError error, ref JuteReader body)
    {
        if (!_window.Reader.TryRead(out var request)) throw new ZooKeeperProtocolException($"{server} answers request {xid}, nothing is in flight");
        try
        {
            if (request.Xid != xid) throw new ZooKeeperProtocolException($"{server} answers request {xid}, {request.Xid} is next");
            _session.Clock.Renewed(request.SentAt);
            if (frame.IsOversized)
            {
                request.Fail(Oversized(frame, $"{request.Operation} {request.Path}: the answer"));
                return;
            }

            if (request.Path is { } path) _session.Watches.Answered(request.Watch, parts.Connect.ToServer(path), error);
            request.Answer(error, ref body);
        }
        catch (ZooKeeperProtocolException garbled)
        {
            request.Fail(new ZooKeeperException(ZooKeeperError.ConnectionLoss, request.Path, $"{request.Operation} {request.Path}: {garbled.Message}"));
            throw;
        }
    }

    private static ZNodeEvent? ReadEvent(ref JuteReader body)
    {
        int type = body.ReadInt();
        body.ReadInt(); // session state, always connected in what a server sends
        string path = body.ReadString();

        // -1 tells of the session and 5.. of removed watches: nothing a znode did
        return type is >= (int)ZNodeEventType.Created and <= (int)ZNodeEventType.ChildrenChanged ? new ZNodeEvent((ZNodeEventType)type, path) : null;
    }

    private ZooKeeperException Oversized(Frame frame, string what) =>
        new(ZooKeeperError.MarshallingError, null, $"{what} has {frame.Length} bytes, jute.maxbuffer allows {parts.Options.MaxFrameBytes}");

    /// <summary>Pings after a third of the session timeout without sending, hangs up after two thirds without receiving: one third is left to reach another server.</summary>
    private async Task LivenessLoopAsync(CancellationToken ct)
    {
        TimeSpan timeout = _session.Timeout;
        TimeSpan tick = timeout / 12;
        byte[] ping = RequestFrames.Ping();
        using var timer = new PeriodicTimer(tick < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : tick, _time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            TimeSpan silent = _time.GetElapsedTime(Volatile.Read(ref _lastReceived));
            if (silent > timeout * 2 / 3) throw new IOException($"nothing heard from {server} for {silent.TotalMilliseconds:F0} ms");
            if (_time.GetElapsedTime(Volatile.Read(ref _lastSent)) + tick < timeout / 3) continue;

            _pings.Enqueue(_time.GetTimestamp());
            await WriteAsync(ping, ct);
        }
    }

    private void FailWindow(Exception reason)
    {
        _window.Writer.TryComplete();
        while (_window.Reader.TryRead(out var request))
        {
            request.Fail(new ZooKeeperException(
                ZooKeeperError.ConnectionLoss,
                request.Path,
                $"{request.Operation} {request.Path}: the connection was lost before the answer came, it may or may not have been done ({reason.Message})"));
        }

        parts.Log.LogDebug("Connection to {Server} ended: {Reason}", server, reason.Message);
    }
}
