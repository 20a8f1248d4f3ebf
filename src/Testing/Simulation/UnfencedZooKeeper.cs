using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>A client that forgets one condition of its writes: the controller's epoch check, or the version of partition states.</summary>
internal sealed class UnfencedZooKeeper(IZooKeeper inner, Fence without) : IZooKeeper
{
    public event Action<ZooKeeperSessionState>? SessionChanged
    {
        add => inner.SessionChanged += value;
        remove => inner.SessionChanged -= value;
    }

    public event Action<ZNodeEvent>? ZNodeChanged
    {
        add => inner.ZNodeChanged += value;
        remove => inner.ZNodeChanged -= value;
    }

    public ZooKeeperSessionState State => inner.State;

    public long SessionId => inner.SessionId;

    public TimeSpan SessionTimeout => inner.SessionTimeout;

    public ReadOnlyMemory<byte> SessionPassword => inner.SessionPassword;

    public TimeSpan SinceLastHeard => inner.SinceLastHeard;

    public Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct) => inner.CreateAsync(path, data, mode, ct);

    public Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential, CancellationToken ct) =>
        inner.CreateWithTtlAsync(path, data, timeToLive, sequential, ct);

    public Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version, CancellationToken ct) => inner.SetAsync(path, data, VersionOf(path, version), ct);

    public Task DeleteAsync(string path, int version, CancellationToken ct) => inner.DeleteAsync(path, version, ct);

    public Task<ZNodeStat?> ExistsAsync(string path, bool watch, CancellationToken ct) => inner.ExistsAsync(path, watch, ct);

    public Task<ZNode> GetAsync(string path, bool watch, CancellationToken ct) => inner.GetAsync(path, watch, ct);

    public Task<ZNode?> TryGetAsync(string path, bool watch, CancellationToken ct) => inner.TryGetAsync(path, watch, ct);

    public Task<ZNodeChildren> ChildrenAsync(string path, bool watch, CancellationToken ct) => inner.ChildrenAsync(path, watch, ct);

    public Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct) => inner.MultiAsync([.. ops.Select(Unfenced)], ct);

    public Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct) => inner.MultiReadAsync(reads, ct);

    public Task SyncAsync(string path, CancellationToken ct) => inner.SyncAsync(path, ct);

    public Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct) => inner.AddWatchAsync(path, mode, ct);

    public Task RemoveWatchAsync(string path, CancellationToken ct) => inner.RemoveWatchAsync(path, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private ZooKeeperOp Unfenced(ZooKeeperOp op) => op switch
    {
        ZooKeeperOp.Check { Path: ControllerEpochNode.Path } check when without == Fence.ControllerEpoch => check with { Version = -1 },
        ZooKeeperOp.Set set => set with { Version = VersionOf(set.Path, set.Version) },
        _ => op,
    };

    private int VersionOf(string path, int version) => without == Fence.IsrVersion && path.EndsWith("/state", StringComparison.Ordinal) ? -1 : version;
}
