namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// One connection from a process to a broker. It is bound to the life of the broker that first heard of it: when that life ends, or one side gives it up,
/// everything under way fails, and whether it was done stays unknown. Owner: the asking process.
/// </summary>
internal sealed class SimulatedConnection(SimulatedCluster cluster, SimulatedProcess from, int fromNode, int toNode)
{
    private readonly Lane _up = new(fromNode, toNode), _down = new(toNode, fromNode);
    private readonly List<TaskCompletionSource<object?>> _underWay = [];
    private SimulatedBroker? _server;

    public bool IsOpen { get; private set; } = true;

    /// <summary>
    /// Has <paramref name="serve"/> run in the broker's process and brings back what it gives. Fails with IOException (refused, reset) or TimeoutException.
    /// </summary>
    public async Task<T> AskAsync<T>(
        Func<SimulatedBroker, Task<T>> serve, Func<SimulatedBroker, bool> listens, TimeSpan timeout, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        if (!IsOpen) throw new IOException("the connection is closed");
        var exchange = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay.Add(exchange);
        cluster.Network.Send(_up, () => Arrive(exchange, async broker => await serve(broker), listens));
        await using var timer = from.Clock.CreateTimer(_ => TimeOut(exchange), null, timeout, Timeout.InfiniteTimeSpan);
        await using var cancelled = ct.Register(() => exchange.TrySetCanceled(ct));
        try
        {
            return (T)(await exchange.Task)!;
        }
        finally
        {
            _underWay.Remove(exchange);
        }
    }

    public void Close() => IsOpen = !(_up.IsClosed = _down.IsClosed = true);

    /// <summary>The broker's life has ended: the news travels like everything else.</summary>
    public void Reset() => cluster.Network.Send(_down, () => Break("reset by peer"));

    private void TimeOut(TaskCompletionSource<object?> exchange)
    {
        if (exchange.TrySetException(new TimeoutException("no answer in time"))) Close();
    }

    private void Break(string why)
    {
        Close();
        foreach (var exchange in _underWay.ToList()) exchange.TrySetException(new IOException(why));
    }

    private void Arrive(TaskCompletionSource<object?> exchange, Func<SimulatedBroker, Task<object?>> serve, Func<SimulatedBroker, bool> listens)
    {
        var broker = cluster.BrokerAt(toNode);
        if (broker is null || broker.Process.IsDead || !listens(broker) || (_server is not null && _server != broker))
        {
            cluster.Network.Send(_down, () => Break("connection refused"));
            return;
        }
        if (_server is null)
        {
            _server = broker;
            broker.Connections.Add(this);
        }
        broker.Process.Run(async () =>
        {
            try
            {
                var answer = await serve(broker);
                cluster.Network.Send(_down, () => exchange.TrySetResult(answer));
            }
            catch (Exception closed)
            {
                cluster.Network.Send(_down, () => Break($"closed by the broker: {closed.Message}"));
            }
        });
    }
}
