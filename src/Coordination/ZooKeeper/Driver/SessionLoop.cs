using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// The session's state machine: connect to one server after another until one confirms the session, run that connection until it breaks
/// (Suspended), again from the start; when a server says that the session is gone (Expired, once), the next connection asks for a new one.
/// Only a server can say so: however long we have been cut off, we do not know it ourselves. Owner of all session state: this one loop.
/// </summary>
internal sealed class SessionLoop(DriverParts parts)
{
    /// <summary>A connection that held this long was a good one; shorter ones count as failed attempts and are followed by a wait.</summary>
    private static readonly TimeSpan GoodConnection = TimeSpan.FromSeconds(1);

    private readonly ServerRing _servers = new(parts.Connect.Servers);
    private readonly TaskCompletionSource _firstSession = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ZooKeeperSessionState _state = ZooKeeperSessionState.Connecting;
    private volatile bool _closing;
    private string _lastFailure = "no server tried yet";

    public ZooKeeperSessionState State => _state;

    /// <summary>Done when the first session is confirmed; fails when the ensemble refuses the credentials.</summary>
    public Task FirstSession => _firstSession.Task;

    public string LastFailure => Volatile.Read(ref _lastFailure);

    /// <summary>When the connection ends next, do not make another one.</summary>
    public void BeginClose() => _closing = true;

    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (!_closing)
            {
                if (await TryOpenAsync(ct) is not { } opened) continue;
                await ServeAsync(opened.Stream, opened.Server, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            parts.Log.LogDebug("ZooKeeper session 0x{Session:x}: the client was closed", parts.Session.Id);
        }
        catch (ZooKeeperException refused) when (refused.Error == ZooKeeperError.AuthFailed)
        {
            await EndAsync(ZooKeeperSessionState.AuthFailed, refused);
            return;
        }

        await EndAsync(ZooKeeperSessionState.Closed, new ZooKeeperException(ZooKeeperError.SessionExpired, null, "the ZooKeeper client is closed"));
    }

    /// <summary>One attempt at one server. Null: it did not work, or the session is gone; come again.</summary>
    private async Task<(NetworkStream Stream, ServerAddress Server)?> TryOpenAsync(CancellationToken ct)
    {
        var server = _servers.Next();
        NetworkStream? stream = null;
        using var patience = new CancellationTokenSource(_servers.PatienceWithOne(parts.Session.Timeout), parts.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            stream = await ServerRing.OpenAsync(server, either.Token);
            long askedAt = parts.Time.GetTimestamp();
            var request = new HandshakeRequest(parts.Session.LastZxid, parts.Options.SessionTimeout, parts.Session.Id, parts.Session.Password);
            var answer = await Handshake.PerformAsync(stream, request, either.Token);
            if (answer.IsExpired)
            {
                if (parts.Session.Id == 0) throw new ZooKeeperProtocolException("a new session was asked for and not given");
                await stream.DisposeAsync();
                await ExpireAsync();
                return null;
            }

            parts.Session.Confirmed(answer, askedAt);
            return (stream, server);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested && failure is IOException or SocketException or OperationCanceledException or ZooKeeperProtocolException)
        {
            if (stream is not null) await stream.DisposeAsync();
            string reason = failure is OperationCanceledException ? "no answer in time" : failure.Message;
            Volatile.Write(ref _lastFailure, $"{server}: {reason}");
            parts.Log.LogDebug("ZooKeeper server {Server} does not take us: {Reason}", server, reason);
            await WaitAsync(_servers.Failed(), ct);
            return null;
        }
    }

    private async Task ServeAsync(NetworkStream stream, ServerAddress server, CancellationToken ct)
    {
        var session = parts.Session;
        parts.Log.LogInformation(
            "ZooKeeper session 0x{Session:x} connected to {Server}, timeout {TimeoutMs} ms, {Watches} watches to set again",
            session.Id, server, session.Timeout.TotalMilliseconds, session.Watches.Count);
        long since = parts.Time.GetTimestamp();
        await EnterAsync(ZooKeeperSessionState.Connected);
        _firstSession.TrySetResult();

        var reason = await new Connection(stream, server, parts).RunAsync(ct);
        if (reason is ZooKeeperException { Error: ZooKeeperError.AuthFailed }) throw reason;
        ct.ThrowIfCancellationRequested();
        if (_closing) return;

        Volatile.Write(ref _lastFailure, $"{server}: {reason.Message}");
        parts.Log.LogWarning("ZooKeeper session 0x{Session:x} suspended: {Reason}", session.Id, reason.Message);
        await EnterAsync(ZooKeeperSessionState.Suspended);
        if (parts.Time.GetElapsedTime(since) >= GoodConnection) _servers.Served();
        await WaitAsync(_servers.Failed(), ct);
    }

    private async Task ExpireAsync()
    {
        long gone = parts.Session.Id;
        parts.Session.Expired(parts.Options.SessionTimeout);
        parts.Log.LogWarning("ZooKeeper session 0x{Session:x} has expired, a new one follows", gone);
        await EnterAsync(ZooKeeperSessionState.Expired);
        parts.Queue.FailWaiting(ZooKeeperError.SessionExpired, $"session 0x{gone:x} has expired before it was sent");
    }

    private async Task EndAsync(ZooKeeperSessionState state, ZooKeeperException reason)
    {
        await EnterAsync(state);
        parts.Queue.Close(reason.Error, reason.Message);
        _firstSession.TrySetException(reason);
        parts.Events.Complete();
    }

    private async Task EnterAsync(ZooKeeperSessionState state)
    {
        _state = state;
        await parts.Events.PostAsync(state, CancellationToken.None);
    }

    private Task WaitAsync(TimeSpan wait, CancellationToken ct) => wait == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, parts.Time, ct);
}
