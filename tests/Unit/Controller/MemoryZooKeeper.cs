using System.Globalization;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Unit.Controller;

/// <summary>
/// Znodes in memory behind the seam, for one controller: sessions by number, persistent watches, every transaction whole. Counts requests, notes the controller's
/// writes, and can refuse the n-th write as if another controller had been elected just before it.
/// </summary>
internal sealed class MemoryZooKeeper : IZooKeeper
{
    private readonly SortedDictionary<string, ZNode> _nodes = new(StringComparer.Ordinal) { ["/"] = new ZNode("/", [], Stat(0, 0)) };
    private readonly Dictionary<string, WatchMode> _watches = new(StringComparer.Ordinal);
    private readonly HashSet<string> _childWatches = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _zxid;

    public event Action<ZooKeeperSessionState>? SessionChanged;

    public event Action<ZNodeEvent>? ZNodeChanged;

    public ZooKeeperSessionState State => ZooKeeperSessionState.Connected;

    public long SessionId { get; set; } = 1;

    public TimeSpan SessionTimeout => TimeSpan.FromSeconds(18);

    public ReadOnlyMemory<byte> SessionPassword => default;

    public TimeSpan SinceLastHeard => TimeSpan.Zero;

    /// <summary>The ensemble's clock: what a new znode says it was made at.</summary>
    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

    /// <summary>The session is lost and a new one begun: one-shot watches are gone with it.</summary>
    public void StartSession()
    {
        SessionId++;
        lock (_gate) _childWatches.Clear();
        SessionChanged?.Invoke(ZooKeeperSessionState.Expired);
        SessionChanged?.Invoke(ZooKeeperSessionState.Connected);
    }

    /// <summary>Requests so far; a multi or multiRead is one.</summary>
    public int Requests { get; private set; }

    /// <summary>Transactions of the client that were done; those of <see cref="Apply"/> are somebody else's.</summary>
    public List<IReadOnlyList<ZooKeeperOp>> Writes { get; } = [];

    /// <summary>Called before every write with its number; throws or changes the tree to play other actors.</summary>
    public Action<int>? BeforeWrite { get; set; }

    /// <summary>Called after every write that was done.</summary>
    public Action? AfterWrite { get; set; }

    public ZNode? this[string path]
    {
        get { lock (_gate) return _nodes.GetValueOrDefault(path); }
    }

    public bool HasChildren(string path) => Children(path).Count > 0;

    public async Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct = default)
    {
        var result = await MultiAsync([new ZooKeeperOp.Create(path, data.ToArray(), mode)], ct);
        return new CreatedZNode(result[0].Path!, result[0].Stat!);
    }

    public Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential = false, CancellationToken ct = default) =>
        throw new NotSupportedException();

    public async Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        (await MultiAsync([new ZooKeeperOp.Set(path, data.ToArray(), version)], ct))[0].Stat!;

    public Task DeleteAsync(string path, int version = -1, CancellationToken ct = default) => MultiAsync([new ZooKeeperOp.Delete(path, version)], ct);

    public Task<ZNodeStat?> ExistsAsync(string path, bool watch = false, CancellationToken ct = default) => Counted(() => this[path]?.Stat);

    public Task<ZNode> GetAsync(string path, bool watch = false, CancellationToken ct = default) =>
        Counted(() => this[path] ?? throw new ZooKeeperException(ZooKeeperError.NoNode, path, "no node"));

    public Task<ZNode?> TryGetAsync(string path, bool watch = false, CancellationToken ct = default) => Counted(() => this[path]);

    public Task<ZNodeChildren> ChildrenAsync(string path, bool watch = false, CancellationToken ct = default) =>
        Counted(() => new ZNodeChildren(Watched(path, watch), (this[path] ?? throw new ZooKeeperException(ZooKeeperError.NoNode, path, "no node")).Stat));

    public Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct = default) =>
        Counted(() => (IReadOnlyList<ZooKeeperReadResult>)[.. reads.Select(read => this[read.Path] is not { } node
            ? new ZooKeeperReadResult(ZooKeeperError.NoNode, null, null, null)
            : read is ZooKeeperRead.Get
                ? new ZooKeeperReadResult(ZooKeeperError.Ok, node.Data, null, node.Stat)
                : new ZooKeeperReadResult(ZooKeeperError.Ok, null, Children(read.Path), null))]);

    public Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        Requests++;
        BeforeWrite?.Invoke(Writes.Count);
        var results = Apply(ops);
        if (ops.Any(op => op is not ZooKeeperOp.Check)) Writes.Add(ops);
        AfterWrite?.Invoke();
        return Task.FromResult(results);
    }

    /// <summary>A write of somebody else: neither counted nor noted, and no client's turn.</summary>
    public IReadOnlyList<ZooKeeperOpResult> Apply(params IReadOnlyList<ZooKeeperOp> ops)
    {
        var (results, events) = Commit(ops);
        foreach (var one in events) Fire(one);
        return results;
    }

    private (List<ZooKeeperOpResult>, List<ZNodeEvent>) Commit(IReadOnlyList<ZooKeeperOp> ops)
    {
        using var _ = _gate.EnterScope();
        var before = new Dictionary<string, ZNode>(_nodes, StringComparer.Ordinal);
        var results = new List<ZooKeeperOpResult>();
        var events = new List<ZNodeEvent>();
        _zxid++;
        foreach (var op in ops)
        {
            var (error, path, happened) = Do(op);
            if (error != ZooKeeperError.Ok)
            {
                _nodes.Clear();
                foreach (var (key, node) in before) _nodes[key] = node;
                throw new ZooKeeperMultiException(error, op.Path, $"{error} on {op.Path}", []);
            }
            results.Add(new ZooKeeperOpResult(error, path, op is ZooKeeperOp.Delete or ZooKeeperOp.Check ? null : _nodes[path].Stat));
            if (happened is { } one) events.Add(one);
        }
        return (results, events);
    }

    public Task SyncAsync(string path, CancellationToken ct = default) => Counted(() => true);

    public Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct = default) => Counted(() => _watches[path] = mode);

    public Task RemoveWatchAsync(string path, CancellationToken ct = default) => Counted(() => _watches.Remove(path));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private (ZooKeeperError, string Path, ZNodeEvent?) Do(ZooKeeperOp op)
    {
        var node = this[op.Path];
        if (node is null && op is not ZooKeeperOp.Create) return (ZooKeeperError.NoNode, op.Path, null);
        switch (op)
        {
            case ZooKeeperOp.Create create:
                string parent = ParentOf(create.Path);
                if (this[parent] is not { } above) return (ZooKeeperError.NoNode, op.Path, null);
                bool sequential = create.Mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential;
                string path = sequential ? create.Path + above.Stat.ChildrenVersion.ToString("D10", CultureInfo.InvariantCulture) : create.Path;
                if (this[path] is not null) return (ZooKeeperError.NodeExists, path, null);
                _nodes[path] = new ZNode(path, create.Data, Stat(_zxid, create.Mode is CreateMode.Ephemeral ? SessionId : 0) with { CreatedMs = Now.ToUnixTimeMilliseconds() });
                _nodes[parent] = above with { Stat = above.Stat with { ChildrenVersion = above.Stat.ChildrenVersion + 1 } };
                return (ZooKeeperError.Ok, path, new ZNodeEvent(ZNodeEventType.Created, path));
            case ZooKeeperOp.Set set:
                if (set.Version >= 0 && set.Version != node!.Stat.Version) return (ZooKeeperError.BadVersion, op.Path, null);
                _nodes[op.Path] = node! with { Data = set.Data, Stat = node!.Stat with { Version = node.Stat.Version + 1, Mzxid = _zxid } };
                return (ZooKeeperError.Ok, op.Path, new ZNodeEvent(ZNodeEventType.DataChanged, op.Path));
            case ZooKeeperOp.Delete delete:
                if (delete.Version >= 0 && delete.Version != node!.Stat.Version) return (ZooKeeperError.BadVersion, op.Path, null);
                if (Children(op.Path).Count > 0) return (ZooKeeperError.NotEmpty, op.Path, null);
                _nodes.Remove(op.Path);
                return (ZooKeeperError.Ok, op.Path, new ZNodeEvent(ZNodeEventType.Deleted, op.Path));
            case ZooKeeperOp.Check check:
                return (check.Version >= 0 && check.Version != node!.Stat.Version ? ZooKeeperError.BadVersion : ZooKeeperError.Ok, op.Path, null);
            default:
                return (ZooKeeperError.Unimplemented, op.Path, null);
        }
    }

    private void Fire(ZNodeEvent happened)
    {
        bool seen = _watches.Any(watch => watch.Value == WatchMode.PersistentRecursive
            ? happened.Path == watch.Key || happened.Path.StartsWith(watch.Key + "/", StringComparison.Ordinal)
            : happened.Path == watch.Key);
        if (seen) ZNodeChanged?.Invoke(happened);
        string parent = ParentOf(happened.Path);
        bool oneShot;
        lock (_gate) oneShot = happened.Type != ZNodeEventType.DataChanged && _childWatches.Remove(parent);
        if (oneShot) ZNodeChanged?.Invoke(new ZNodeEvent(ZNodeEventType.ChildrenChanged, parent));
        if (happened.Type != ZNodeEventType.DataChanged && _watches.GetValueOrDefault(parent, WatchMode.PersistentRecursive) == WatchMode.Persistent)
            ZNodeChanged?.Invoke(new ZNodeEvent(ZNodeEventType.ChildrenChanged, parent));
    }

    private List<string> Watched(string path, bool watch)
    {
        using var _ = _gate.EnterScope();
        if (watch) _childWatches.Add(path);
        return Children(path);
    }

    private List<string> Children(string path)
    {
        string prefix = path == "/" ? path : path + "/";
        using var _ = _gate.EnterScope();
        return [.. _nodes.Keys.Where(key => key.Length > prefix.Length && key.StartsWith(prefix, StringComparison.Ordinal) && key.IndexOf('/', prefix.Length) < 0)
            .Select(key => key[prefix.Length..])];
    }

    private Task<T> Counted<T>(Func<T> read)
    {
        Requests++;
        try
        {
            return Task.FromResult(read());
        }
        catch (ZooKeeperException e)
        {
            return Task.FromException<T>(e);
        }
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "/";

    private static ZNodeStat Stat(long zxid, long owner) => new(zxid, zxid, 0, 0, 0, 0, 0, owner, 0, 0, zxid);
}
