using ClassicBroker.Coordination.ZooKeeper.Driver;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// The managed driver behind <see cref="IZooKeeper"/>. A call here builds its frame and puts it into the queue; the connection of the moment sends
/// the queue's requests in order, up to a window of <see cref="ZooKeeperOptions.MaxInFlight"/>, and answers complete in the same order.
/// Thread safe; its loops own all state.
/// </summary>
public sealed class ZooKeeperClient : IZooKeeper
{
    /// <summary>How long closing waits for the ensemble to confirm: a session not closed goes by itself after its timeout.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Any kind of watch (<c>Watcher.WatcherType.Any</c>).</summary>
    private const int AnyWatch = 3;

    private readonly DriverParts _parts;
    private readonly SessionLoop _sessionLoop;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _disposed;

    private ZooKeeperClient(ZooKeeperOptions options, TimeProvider time, ILogger log)
    {
        var events = new EventLoop(state => SessionChanged?.Invoke(state), fired => ZNodeChanged?.Invoke(fired), log);
        _parts = new DriverParts(
            options, ConnectString.Parse(options.ConnectString), new Session(options, time), new RequestQueue(options.MaxQueued), events, time, log);
        _sessionLoop = new SessionLoop(_parts);
        _running = Task.WhenAll(_sessionLoop.RunAsync(_stop.Token), events.RunAsync());
    }

    public event Action<ZooKeeperSessionState>? SessionChanged;

    public event Action<ZNodeEvent>? ZNodeChanged;

    public ZooKeeperSessionState State => _sessionLoop.State;

    public long SessionId => _parts.Session.Id;

    public TimeSpan SessionTimeout => _parts.Session.Timeout;

    public ReadOnlyMemory<byte> SessionPassword => _parts.Session.Password;

    public TimeSpan SinceLastHeard => _parts.Session.Clock.SinceRenewed;

    /// <summary>
    /// Connects, waits for the first session (at most <see cref="ZooKeeperOptions.ConnectTimeout"/>) and creates the chroot when it is absent.
    /// Fails with ConnectionLoss when no server serves in time, with AuthFailed when the credentials are refused.
    /// </summary>
    public static async Task<ZooKeeperClient> ConnectAsync(ZooKeeperOptions options, TimeProvider time, ILogger<ZooKeeperClient> log, CancellationToken ct)
    {
        var client = new ZooKeeperClient(options, time, log);
        try
        {
            await client.WaitForFirstSessionAsync(ct);
            await client.CreateChrootAsync(ct);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct = default) =>
        CreateAsync(RequestFrames.Create(_parts.Connect.ToServer(path), data.Span, mode, _parts.Options.CreatorOnlyAcl), path, ct);

    public Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential = false, CancellationToken ct = default)
    {
        var mode = sequential ? CreateMode.PersistentSequentialWithTtl : CreateMode.PersistentWithTtl;
        long ms = (long)timeToLive.TotalMilliseconds;
        return CreateAsync(RequestFrames.CreateTtl(_parts.Connect.ToServer(path), data.Span, mode, _parts.Options.CreatorOnlyAcl, ms), path, ct);
    }

    public Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        SendAsync(new PendingRequest<ZNodeStat>(
            RequestFrames.Set(_parts.Connect.ToServer(path), data.Span, version), "set", path, static (ref JuteReader body) => body.ReadStat()), ct);

    public Task DeleteAsync(string path, int version = -1, CancellationToken ct = default) =>
        SendAsync(NoBody(RequestFrames.PathAndInt(OpCode.Delete, _parts.Connect.ToServer(path), version), "delete", path), ct);

    public Task<ZNodeStat?> ExistsAsync(string path, bool watch = false, CancellationToken ct = default) =>
        SendAsync(
            new PendingRequest<ZNodeStat?>(
                RequestFrames.PathAndWatch(OpCode.Exists, _parts.Connect.ToServer(path), watch), "exists", path, static (ref JuteReader body) => body.ReadStat())
            {
                MayBeAbsent = true,
                Watch = watch ? WatchChange.Exists : WatchChange.None,
            },
            ct);

    public async Task<ZNode> GetAsync(string path, bool watch = false, CancellationToken ct = default) => (await GetAsync(path, watch, mayBeAbsent: false, ct))!;

    public Task<ZNode?> TryGetAsync(string path, bool watch = false, CancellationToken ct = default) => GetAsync(path, watch, mayBeAbsent: true, ct);

    public Task<ZNodeChildren> ChildrenAsync(string path, bool watch = false, CancellationToken ct = default) =>
        SendAsync(
            new PendingRequest<ZNodeChildren>(
                RequestFrames.PathAndWatch(OpCode.GetChildren2, _parts.Connect.ToServer(path), watch),
                "children",
                path,
                static (ref JuteReader body) => new ZNodeChildren(body.ReadStrings(), body.ReadStat()))
            {
                Watch = watch ? WatchChange.Children : WatchChange.None,
            },
            ct);

    public async Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct = default)
    {
        if (ops.Count == 0) return [];
        byte[] frame = MultiFrames.Encode(ops, _parts.Connect, _parts.Options.CreatorOnlyAcl);
        var results = await SendAsync(
            new PendingRequest<ZooKeeperOpResult[]>(
                frame, $"multi of {ops.Count} from", ops[0].Path, (ref JuteReader body) => MultiFrames.DecodeOps(ref body, ops.Count, _parts.Connect)),
            ct);

        int guilty = Array.FindIndex(results, result => result.Error is not (ZooKeeperError.Ok or ZooKeeperError.RuntimeInconsistency));
        if (guilty < 0) return results;
        var error = results[guilty].Error;
        string path = ops[guilty].Path;
        throw new ZooKeeperMultiException(error, path, $"multi: step {guilty + 1} of {ops.Count}, {ops[guilty].GetType().Name} {path}: {error}; none was done", results);
    }

    public async Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct = default)
    {
        if (reads.Count == 0) return [];
        byte[] frame = MultiFrames.Encode(reads, _parts.Connect);
        return await SendAsync(
            new PendingRequest<ZooKeeperReadResult[]>(
                frame, $"multiRead of {reads.Count} from", reads[0].Path, (ref JuteReader body) => MultiFrames.DecodeReads(ref body, reads.Count)),
            ct);
    }

    public Task SyncAsync(string path, CancellationToken ct = default) => SendAsync(NoBody(RequestFrames.Sync(_parts.Connect.ToServer(path)), "sync", path), ct);

    public Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct = default)
    {
        byte[] frame = RequestFrames.PathAndInt(OpCode.AddWatch, _parts.Connect.ToServer(path), (int)mode);
        var change = mode == WatchMode.PersistentRecursive ? WatchChange.AddRecursive : WatchChange.AddPersistent;
        return SendAsync(NoBody(frame, "addWatch", path, change), ct);
    }

    public Task RemoveWatchAsync(string path, CancellationToken ct = default) =>
        SendAsync(NoBody(RequestFrames.PathAndInt(OpCode.RemoveWatches, _parts.Connect.ToServer(path), AnyWatch), "removeWatch", path, WatchChange.Remove), ct);

    /// <summary>Closes the session (its ephemeral znodes go at once) after everything issued before, and ends all loops. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _sessionLoop.BeginClose();
        if (State == ZooKeeperSessionState.Connected) await CloseSessionAsync();
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private Task<CreatedZNode> CreateAsync(byte[] frame, string path, CancellationToken ct) =>
        SendAsync(new PendingRequest<CreatedZNode>(frame, "create", path, (ref JuteReader body) => new CreatedZNode(_parts.Connect.ToClient(body.ReadString()), body.ReadStat())), ct);

    private Task<ZNode?> GetAsync(string path, bool watch, bool mayBeAbsent, CancellationToken ct) =>
        SendAsync(
            new PendingRequest<ZNode?>(
                RequestFrames.PathAndWatch(OpCode.GetData, _parts.Connect.ToServer(path), watch),
                "get",
                path,
                (ref JuteReader body) => new ZNode(path, body.ReadBuffer(), body.ReadStat()))
            {
                MayBeAbsent = mayBeAbsent,
                Watch = watch ? WatchChange.Data : WatchChange.None,
            },
            ct);

    private static PendingRequest<bool> NoBody(byte[] frame, string operation, string path, WatchChange watch = WatchChange.None) =>
        new(frame, operation, path, static (ref JuteReader _) => true) { Watch = watch };

    private async Task<T> SendAsync<T>(PendingRequest<T> request, CancellationToken ct)
    {
        int bytes = request.Frame.Length - 4;
        if (bytes > _parts.Options.MaxFrameBytes)
        {
            throw new ZooKeeperException(
                ZooKeeperError.MarshallingError, request.Path, $"{request.Operation} {request.Path}: the request has {bytes} bytes, jute.maxbuffer allows {_parts.Options.MaxFrameBytes}");
        }

        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        await _parts.Queue.EnqueueAsync(request, ct);
        try
        {
            return await request.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            request.Abandon();
            throw;
        }
    }

    private async Task WaitForFirstSessionAsync(CancellationToken ct)
    {
        try
        {
            await _sessionLoop.FirstSession.WaitAsync(_parts.Options.ConnectTimeout, _parts.Time, ct);
        }
        catch (TimeoutException)
        {
            throw new ZooKeeperException(
                ZooKeeperError.ConnectionLoss,
                null,
                $"no ZooKeeper server of '{_parts.Options.ConnectString}' opened a session within {_parts.Options.ConnectTimeout.TotalSeconds:F0} s; last try: {_sessionLoop.LastFailure}");
        }
    }

    private async Task CreateChrootAsync(CancellationToken ct)
    {
        string chroot = _parts.Connect.Chroot;
        if (chroot.Length == 0) return;
        for (int slash = chroot.IndexOf('/', 1); ; slash = chroot.IndexOf('/', slash + 1))
        {
            string path = slash < 0 ? chroot : chroot[..slash];
            try
            {
                // looked for first: whoever may not create it may still use it
                byte[] exists = RequestFrames.PathAndWatch(OpCode.Exists, path, watch: false);
                byte[] create = RequestFrames.Create(path, [], CreateMode.Persistent, _parts.Options.CreatorOnlyAcl);
                if (!await SendAsync(new PendingRequest<bool>(exists, "find chroot", path, static (ref JuteReader _) => true) { MayBeAbsent = true }, ct))
                    await SendAsync(new PendingRequest<bool>(create, "create chroot", path, static (ref JuteReader _) => true), ct);
            }
            catch (ZooKeeperException there) when (there.Error == ZooKeeperError.NodeExists)
            {
                _parts.Log.LogTrace("Chroot part {Path} is there by now", path);
            }

            if (slash < 0) return;
        }
    }

    private async Task CloseSessionAsync()
    {
        var close = new PendingRequest<bool>(RequestFrames.CloseSession(), "close session", null, static (ref JuteReader _) => true);
        using var patience = new CancellationTokenSource(CloseTimeout, _parts.Time);
        try
        {
            await _parts.Queue.EnqueueAsync(close, patience.Token);
            await close.Task.WaitAsync(patience.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ZooKeeperException)
        {
            _parts.Log.LogDebug("ZooKeeper session 0x{Session:x} was not closed in time, it will expire: {Reason}", SessionId, failure.Message);
        }
    }
}
