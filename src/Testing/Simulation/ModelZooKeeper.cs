using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// The client of a <see cref="ModelEnsemble"/>, with the promises of <see cref="IZooKeeper"/> and the habits of the real driver: a ping each third of the
/// session timeout, a connection silent for two thirds is given up, one server after another is tried, one-shot watches are set again.
/// Owner: its process; every method runs there.
/// </summary>
internal sealed partial class ModelZooKeeper : IZooKeeper
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ModelEnsemble _ensemble;
    private readonly SimulatedProcess _process;
    private readonly int _node;
    private readonly Queue<ModelRequest> _waiting = new(), _sent = new();
    private readonly ModelWatches _watches = new();
    private readonly TaskCompletionSource _firstSession = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _ticks;
    private ModelConnection? _connection, _trying;
    private byte[] _password = [];
    private long _lastZxid, _renewedAt, _heardAt, _sentAt;
    private int _server;
    private bool _disposed;

    private ModelZooKeeper(ModelEnsemble ensemble, SimulatedProcess process, int node, TimeSpan sessionTimeout)
    {
        (_ensemble, _process, _node, SessionTimeout) = (ensemble, process, node, sessionTimeout);
        _server = ensemble.Scheduler.Chance.Next(ensemble.Servers.Count);
        _ticks = process.Clock.CreateTimer(_ => Tick(), null, sessionTimeout / 6, sessionTimeout / 6);
        Try();
    }

    public event Action<ZooKeeperSessionState>? SessionChanged;

    public event Action<ZNodeEvent>? ZNodeChanged;

    public ZooKeeperSessionState State { get; private set; } = ZooKeeperSessionState.Connecting;

    public long SessionId { get; private set; }

    public TimeSpan SessionTimeout { get; }

    public ReadOnlyMemory<byte> SessionPassword => _password;

    public TimeSpan SinceLastHeard => TimeSpan.FromTicks(_ensemble.Scheduler.Now - _renewedAt);

    /// <summary>Connects and waits for the first session, however long that takes.</summary>
    public static async Task<ModelZooKeeper> ConnectAsync(ModelEnsemble ensemble, SimulatedProcess process, int node, TimeSpan sessionTimeout)
    {
        var client = new ModelZooKeeper(ensemble, process, node, sessionTimeout);
        await client._firstSession.Task;
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        var close = new ModelRequest("close") { IsClose = true };
        if (State == ZooKeeperSessionState.Connected) Enqueue(close);
        _disposed = true;
        if (State == ZooKeeperSessionState.Connected)
        {
            await using var patience = _process.Clock.CreateTimer(_ => close.Done.TrySetResult(default), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
            await close.Done.Task;
        }
        await _ticks.DisposeAsync();
        _connection?.Close();
        (_connection, _trying) = (null, null);
        Enter(ZooKeeperSessionState.Closed);
        FailAll(_sent, ZooKeeperError.SessionExpired);
        FailAll(_waiting, ZooKeeperError.SessionExpired);
    }

    /// <summary>The connection breaks for no reason, as connections do.</summary>
    public void Drop()
    {
        if (_connection is { } open) Lost(open, "broken");
    }

    /// <summary>The process is killed: its socket closes, its session stays until it times out.</summary>
    public void Die()
    {
        _connection?.Close();
        _connection = null;
        _disposed = true;
    }

    internal void Process(Action arrived) => _ensemble.Scheduler.After(0, _process, static action => ((Action)action!)(), arrived);

    internal void Answered(ModelConnection from, ModelRequest request, ModelReply reply, long zxid)
    {
        if (from != _connection || _sent.Count == 0) return;
        _sent.Dequeue();
        _heardAt = _ensemble.Scheduler.Now;
        _lastZxid = Math.Max(_lastZxid, zxid);
        if (reply.Error != ZooKeeperError.SessionExpired) _renewedAt = Math.Max(_renewedAt, request.SentAt);
        request.Noted?.Invoke(_watches, reply);
        request.Done.TrySetResult(reply);
    }

    internal void Fired(ModelConnection from, ZNodeEvent fired)
    {
        if (from != _connection) return;
        _watches.Spend(fired);
        ZNodeChanged?.Invoke(fired);
    }

    internal void Lost(ModelConnection connection, string why)
    {
        if (connection != _connection) return;
        _ensemble.Scheduler.Note(_process.Name, $"zookeeper connection lost: {why}");
        connection.Close();
        _connection = null;
        Enter(ZooKeeperSessionState.Suspended);
        FailAll(_sent, ZooKeeperError.ConnectionLoss);
        TryLater();
    }

    private void Try()
    {
        if (_disposed) return;
        var server = _ensemble.Servers[_server++ % _ensemble.Servers.Count];
        var connection = _trying = new ModelConnection(_ensemble, this, server, _node);
        var askedAt = _ensemble.Scheduler.Now;
        var patience = _process.Clock.CreateTimer(_ => GiveUp(connection), null, SessionTimeout / 3, Timeout.InfiniteTimeSpan);
        connection.Shake(SessionId, _password, SessionTimeout, _lastZxid, (session, expired) =>
        {
            patience.Dispose();
            if (_trying != connection) return;
            _trying = null;
            if (session is not null) Opened(connection, session, askedAt);
            else if (expired) Expire();
            else TryLater();
        });
    }

    private void GiveUp(ModelConnection connection)
    {
        if (_trying != connection) return;
        connection.Close();
        Try();
    }

    private void TryLater() => _process.Clock.CreateTimer(_ => Try(), null, Pause * (0.5 + _ensemble.Scheduler.Chance.NextDouble()), Timeout.InfiniteTimeSpan);

    private void Opened(ModelConnection connection, ModelSession session, long askedAt)
    {
        (_connection, SessionId, _password) = (connection, session.Id, session.Password);
        (_renewedAt, _heardAt) = (Math.Max(_renewedAt, askedAt), _ensemble.Scheduler.Now);
        var (lastZxid, held) = (_lastZxid, _watches.Copy());
        Enter(ZooKeeperSessionState.Connected);
        if (!_watches.IsEmpty)
            Transmit(new ModelRequest("setWatches")
            {
                Look = (tree, watches) =>
                {
                    watches.SetAgain(held, tree, lastZxid, connection.Tell);
                    return default;
                },
            });
        Flush();
        _firstSession.TrySetResult();
    }

    private void Expire()
    {
        SessionId = 0;
        _password = [];
        _watches.Clear();
        Enter(ZooKeeperSessionState.Expired);
        FailAll(_waiting, ZooKeeperError.SessionExpired);
        TryLater();
    }

    private void Enter(ZooKeeperSessionState state)
    {
        State = state;
        Process(() => SessionChanged?.Invoke(state));
    }

    private void Tick()
    {
        if (_connection is not { } open) return;
        var now = _ensemble.Scheduler.Now;
        if (now - _heardAt > SessionTimeout.Ticks * 2 / 3) Lost(open, "silent");
        else if (now - _sentAt >= SessionTimeout.Ticks / 3) Transmit(new ModelRequest("ping") { Look = static (_, _) => default });
    }

    private void Enqueue(ModelRequest request)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _waiting.Enqueue(request);
        Flush();
    }

    private void Flush()
    {
        while (_connection is not null && _waiting.TryDequeue(out var next))
            if (!next.Done.Task.IsCompleted) Transmit(next);
    }

    private void Transmit(ModelRequest request)
    {
        request.SentAt = _sentAt = _ensemble.Scheduler.Now;
        _sent.Enqueue(request);
        _connection!.Send(request);
    }

    private static void FailAll(Queue<ModelRequest> requests, ZooKeeperError error)
    {
        while (requests.TryDequeue(out var request)) request.Done.TrySetResult(new ModelReply(error));
    }
}
