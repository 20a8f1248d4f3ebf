using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Integration.Coordination;

/// <summary>A real client whose next write is done but answered with ConnectionLoss, as when the connection breaks just before the reply.</summary>
internal sealed class LossyZooKeeper(IZooKeeper inner) : IZooKeeper
{
    private bool _loseNext;

    public event Action<ZooKeeperSessionState>? SessionChanged { add => inner.SessionChanged += value; remove => inner.SessionChanged -= value; }

    public event Action<ZNodeEvent>? ZNodeChanged { add => inner.ZNodeChanged += value; remove => inner.ZNodeChanged -= value; }

    public ZooKeeperSessionState State => inner.State;

    public long SessionId => inner.SessionId;

    public TimeSpan SessionTimeout => inner.SessionTimeout;

    public ReadOnlyMemory<byte> SessionPassword => inner.SessionPassword;

    public TimeSpan SinceLastHeard => inner.SinceLastHeard;

    public void LoseNextReply() => _loseNext = true;

    public async Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct = default) =>
        Answer(await inner.CreateAsync(path, data, mode, ct), path);

    public Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential = false, CancellationToken ct = default) =>
        inner.CreateWithTtlAsync(path, data, timeToLive, sequential, ct);

    public async Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        Answer(await inner.SetAsync(path, data, version, ct), path);

    public Task DeleteAsync(string path, int version = -1, CancellationToken ct = default) => inner.DeleteAsync(path, version, ct);

    public Task<ZNodeStat?> ExistsAsync(string path, bool watch = false, CancellationToken ct = default) => inner.ExistsAsync(path, watch, ct);

    public Task<ZNode> GetAsync(string path, bool watch = false, CancellationToken ct = default) => inner.GetAsync(path, watch, ct);

    public Task<ZNode?> TryGetAsync(string path, bool watch = false, CancellationToken ct = default) => inner.TryGetAsync(path, watch, ct);

    public Task<ZNodeChildren> ChildrenAsync(string path, bool watch = false, CancellationToken ct = default) => inner.ChildrenAsync(path, watch, ct);

    public async Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct = default) =>
        Answer(await inner.MultiAsync(ops, ct), ops[0].Path);

    public Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct = default) => inner.MultiReadAsync(reads, ct);

    public Task SyncAsync(string path, CancellationToken ct = default) => inner.SyncAsync(path, ct);

    public Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct = default) => inner.AddWatchAsync(path, mode, ct);

    public Task RemoveWatchAsync(string path, CancellationToken ct = default) => inner.RemoveWatchAsync(path, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private T Answer<T>(T answer, string path)
    {
        if (!_loseNext) return answer;
        _loseNext = false;
        throw new ZooKeeperException(ZooKeeperError.ConnectionLoss, path, "the reply was lost");
    }
}
