using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// Raises session and watch events one by one in the order they were seen, on one task of its own, so that a handler can neither
/// run beside another nor hold up the connection. Owner of the handlers' turn: its one loop.
/// </summary>
internal sealed class EventLoop(Action<ZooKeeperSessionState> onSession, Action<ZNodeEvent> onZNode, ILogger log)
{
    /// <summary>Events seen and not yet handled. When handlers fall that far behind, reading from the server pauses: no event is dropped.</summary>
    private const int Capacity = 65_536;

    private readonly Channel<(ZooKeeperSessionState? Session, ZNodeEvent ZNode)> _events =
        Channel.CreateBounded<(ZooKeeperSessionState?, ZNodeEvent)>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    public ValueTask PostAsync(ZooKeeperSessionState state, CancellationToken ct) => _events.Writer.WriteAsync((state, default), ct);

    public ValueTask PostAsync(ZNodeEvent fired, CancellationToken ct) => _events.Writer.WriteAsync((null, fired), ct);

    /// <summary>No more events; the loop ends when those posted have been raised.</summary>
    public void Complete() => _events.Writer.TryComplete();

    public async Task RunAsync()
    {
        await foreach (var (session, znode) in _events.Reader.ReadAllAsync())
        {
            try
            {
                if (session is { } state) onSession(state);
                else onZNode(znode);
            }
            catch (Exception failure)
            {
                log.LogError(failure, "A handler of ZooKeeper events failed on {Event}; the next event goes on", session?.ToString() ?? znode.ToString());
            }
        }
    }
}
