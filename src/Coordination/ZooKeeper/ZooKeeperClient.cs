using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>The managed driver behind <see cref="IZooKeeper"/>.</summary>
public sealed class ZooKeeperClient : IZooKeeper
{
    private ZooKeeperClient()
    {
    }

    public ZooKeeperSessionState State => throw new NotSupportedException("not yet");
    public long SessionId => throw new NotSupportedException("not yet");
    public TimeSpan SessionTimeout => throw new NotSupportedException("not yet");
    public ReadOnlyMemory<byte> SessionPassword => throw new NotSupportedException("not yet");
    public TimeSpan SinceLastHeard => throw new NotSupportedException("not yet");
    public event Action<ZooKeeperSessionState>? SessionChanged { add { } remove { } }
    public event Action<ZNodeEvent>? ZNodeChanged { add { } remove { } }

    public static Task<ZooKeeperClient> ConnectAsync(ZooKeeperOptions options, TimeProvider time, ILogger<ZooKeeperClient> log, CancellationToken ct) => throw new NotSupportedException("not yet");
    public Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential = false, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task DeleteAsync(string path, int version = -1, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<ZNodeStat?> ExistsAsync(string path, bool watch = false, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<ZNode> GetAsync(string path, bool watch = false, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<ZNode?> TryGetAsync(string path, bool watch = false, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<ZNodeChildren> ChildrenAsync(string path, bool watch = false, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task SyncAsync(string path, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public Task RemoveWatchAsync(string path, CancellationToken ct = default) => throw new NotSupportedException("not yet");
    public ValueTask DisposeAsync() => throw new NotSupportedException("not yet");
}
