using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

// The requests: each says what the server does with it and what the caller makes of the answer.
internal sealed partial class ModelZooKeeper
{
    public Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct = default) =>
        mode is CreateMode.PersistentWithTtl or CreateMode.PersistentSequentialWithTtl
            ? throw new ArgumentException("this mode needs a time to live", nameof(mode))
            : CreateAnyAsync(path, data, mode, ct);

    public Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential = false, CancellationToken ct = default) =>
        CreateAnyAsync(path, data, sequential ? CreateMode.PersistentSequentialWithTtl : CreateMode.PersistentWithTtl, ct);

    public async Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default) =>
        (await WriteAsync("set", new ZooKeeperOp.Set(path, data.ToArray(), version), ct)).Stat!;

    public async Task DeleteAsync(string path, int version = -1, CancellationToken ct = default) =>
        await WriteAsync("delete", new ZooKeeperOp.Delete(path, version), ct);

    public async Task<ZNodeStat?> ExistsAsync(string path, bool watch = false, CancellationToken ct = default)
    {
        var reply = await SendAsync(new ModelRequest("exists")
        {
            Look = (tree, watches) =>
            {
                if (watch) watches.WatchData(path);
                return tree.Find(path) is { } node ? new ModelReply(ZooKeeperError.Ok, node.Stat) : new ModelReply(ZooKeeperError.NoNode);
            },
            Noted = (watches, answer) => NoteData(watches, path, watch && (answer.Error is ZooKeeperError.Ok or ZooKeeperError.NoNode), answer.Error == ZooKeeperError.Ok),
        }, ct);
        return reply.Error == ZooKeeperError.NoNode ? null : (ZNodeStat)Checked(reply, "exists", path)!;
    }

    public async Task<ZNode> GetAsync(string path, bool watch = false, CancellationToken ct = default) =>
        (ZNode)Checked(await SendAsync(Get(path, watch), ct), "get", path)!;

    public async Task<ZNode?> TryGetAsync(string path, bool watch = false, CancellationToken ct = default)
    {
        var reply = await SendAsync(Get(path, watch), ct);
        return reply.Error == ZooKeeperError.NoNode ? null : (ZNode)Checked(reply, "get", path)!;
    }

    public async Task<ZNodeChildren> ChildrenAsync(string path, bool watch = false, CancellationToken ct = default) =>
        (ZNodeChildren)Checked(await SendAsync(new ModelRequest("children")
        {
            Look = (tree, watches) =>
            {
                if (tree.Find(path) is not { } node) return new ModelReply(ZooKeeperError.NoNode);
                if (watch) watches.WatchChildren(path);
                return new ModelReply(ZooKeeperError.Ok, new ZNodeChildren([.. node.Children], node.Stat));
            },
            Noted = (watches, answer) =>
            {
                if (watch && answer.Error == ZooKeeperError.Ok) watches.WatchChildren(path);
            },
        }, ct), "children", path)!;

    public async Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct = default)
    {
        if (ops.Count == 0) return [];
        var reply = await SendAsync(new ModelRequest("multi") { Steps = ops }, ct);
        if (reply.Value is not ModelOutcome outcome) throw Refused(reply.Error, "multi", ops[0].Path);
        if (outcome.Guilty < 0) return [.. outcome.Results.Select((result, i) => ops[i] is ZooKeeperOp.Create { Mode: not CreateMode.Container } ? result with { Stat = null } : result)];
        if (outcome.Results.Length != ops.Count) throw Refused(reply.Error, "multi", ops[0].Path);
        var guilty = ops[outcome.Guilty];
        throw new ZooKeeperMultiException(reply.Error, guilty.Path, $"multi: {guilty.GetType().Name} {guilty.Path}: {reply.Error}; none was done", outcome.Results);
    }

    public async Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct = default)
    {
        if (reads.Count == 0) return [];
        var reply = await SendAsync(new ModelRequest("multiRead") { Look = (tree, _) => new ModelReply(ZooKeeperError.Ok, reads.Select(read => Read(tree, read)).ToArray()) }, ct);
        return (ZooKeeperReadResult[])Checked(reply, "multiRead", reads[0].Path)!;
    }

    public async Task SyncAsync(string path, CancellationToken ct = default) =>
        Checked(await SendAsync(new ModelRequest("sync") { Steps = [] }, ct), "sync", path);

    public async Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct = default) => Checked(await SendAsync(new ModelRequest("addWatch")
    {
        Look = (_, watches) =>
        {
            watches.WatchAlways(path, mode);
            return default;
        },
        Noted = (watches, answer) =>
        {
            if (answer.Error == ZooKeeperError.Ok) watches.WatchAlways(path, mode);
        },
    }, ct), "addWatch", path);

    public async Task RemoveWatchAsync(string path, CancellationToken ct = default) => Checked(await SendAsync(new ModelRequest("removeWatch")
    {
        Look = (_, watches) => new ModelReply(watches.Remove(path) ? ZooKeeperError.Ok : ZooKeeperError.NoWatcher),
        Noted = (watches, _) => watches.Remove(path),
    }, ct), "removeWatch", path);

    private async Task<CreatedZNode> CreateAnyAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct)
    {
        var result = await WriteAsync("create", new ZooKeeperOp.Create(path, data.ToArray(), mode), ct);
        return new CreatedZNode(result.Path!, result.Stat!);
    }

    private async Task<ZooKeeperOpResult> WriteAsync(string name, ZooKeeperOp step, CancellationToken ct)
    {
        var reply = await SendAsync(new ModelRequest(name) { Steps = [step] }, ct);
        return reply.Error == ZooKeeperError.Ok ? ((ModelOutcome)reply.Value!).Results[0] : throw Refused(reply.Error, name, step.Path);
    }

    private static ModelRequest Get(string path, bool watch) => new("get")
    {
        Look = (tree, watches) =>
        {
            if (tree.Find(path) is not { } node) return new ModelReply(ZooKeeperError.NoNode);
            if (watch) watches.WatchData(path);
            return new ModelReply(ZooKeeperError.Ok, new ZNode(path, [.. node.Data], node.Stat));
        },
        Noted = (watches, answer) => NoteData(watches, path, watch && answer.Error == ZooKeeperError.Ok, exists: true),
    };

    private static void NoteData(ModelWatches watches, string path, bool watched, bool exists)
    {
        if (!watched) return;
        watches.WatchData(path);
        watches.Note(path, exists);
    }

    private static ZooKeeperReadResult Read(ModelTree tree, ZooKeeperRead read) => tree.Find(read.Path) is not { } node
        ? new ZooKeeperReadResult(ZooKeeperError.NoNode, null, null, null)
        : read is ZooKeeperRead.Get
            ? new ZooKeeperReadResult(ZooKeeperError.Ok, [.. node.Data], null, node.Stat)
            : new ZooKeeperReadResult(ZooKeeperError.Ok, null, [.. node.Children], null);

    private async Task<ModelReply> SendAsync(ModelRequest request, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Enqueue(request);
        await using var cancelled = ct.Register(() => request.Done.TrySetCanceled(ct));
        return await request.Done.Task;
    }

    private static object? Checked(ModelReply reply, string name, string path) => reply.Error == ZooKeeperError.Ok ? reply.Value : throw Refused(reply.Error, name, path);

    private static ZooKeeperException Refused(ZooKeeperError error, string name, string path) => new(error, path, $"{name} {path}: {error}");
}
