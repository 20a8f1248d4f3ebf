using System.Collections.Immutable;
using System.Globalization;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// The znodes after one transaction: immutable, so each model server can be at a state of its own. The rules are those of ZooKeeper's DataTree and
/// PrepRequestProcessor; the driver's conformance tests run against this model and against a real ensemble.
/// </summary>
internal sealed record ModelTree(ImmutableSortedDictionary<string, ModelZNode> Nodes, long Zxid)
{
    public static ModelTree Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, ModelZNode>(StringComparer.Ordinal).Add("/", new ModelZNode([], new ZNodeStat(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), [])), 0);

    public ModelZNode? Find(string path) => Nodes.GetValueOrDefault(path);

    /// <summary>
    /// All steps as one transaction of <paramref name="session"/>. When one fails the tree stays as it was but for the transaction number, which ZooKeeper
    /// spends on failed transactions too.
    /// </summary>
    public ModelOutcome Apply(IReadOnlyList<ZooKeeperOp> steps, long session, long nowMs)
    {
        var zxid = Zxid + 1;
        var draft = new Draft(Nodes.ToBuilder(), zxid, session, nowMs);
        var results = new ZooKeeperOpResult[steps.Count];
        for (var i = 0; i < steps.Count; i++)
        {
            results[i] = draft.Do(steps[i]);
            if (results[i].Error == ZooKeeperError.Ok) continue;
            for (var before = 0; before < i; before++) results[before] = new ZooKeeperOpResult(ZooKeeperError.Ok, null, null);
            for (var after = i + 1; after < steps.Count; after++) results[after] = new ZooKeeperOpResult(ZooKeeperError.RuntimeInconsistency, null, null);
            return new ModelOutcome(this with { Zxid = zxid }, results, [], i);
        }
        return new ModelOutcome(new ModelTree(draft.Nodes.ToImmutable(), zxid), results, draft.Changes, -1);
    }

    /// <summary>The end of a session: its ephemeral znodes go.</summary>
    public ModelOutcome CloseSession(long session, long nowMs) =>
        Apply([.. Nodes.Where(node => node.Value.Stat.EphemeralOwner == session).Select(node => new ZooKeeperOp.Delete(node.Key, -1))], session, nowMs);

    public static string ParentOf(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash == 0 ? "/" : path[..slash];
    }

    private sealed class Draft(ImmutableSortedDictionary<string, ModelZNode>.Builder nodes, long zxid, long session, long nowMs)
    {
        public ImmutableSortedDictionary<string, ModelZNode>.Builder Nodes { get; } = nodes;

        public List<ZNodeEvent> Changes { get; } = [];

        public ZooKeeperOpResult Do(ZooKeeperOp step) => step switch
        {
            ZooKeeperOp.Create create => Create(create),
            ZooKeeperOp.Set set => Set(set),
            ZooKeeperOp.Delete delete => Delete(delete),
            ZooKeeperOp.Check check => Check(check),
            _ => Failed(ZooKeeperError.Unimplemented),
        };

        private ZooKeeperOpResult Create(ZooKeeperOp.Create create)
        {
            if (!IsPath(create.Path, create.Mode)) return Failed(ZooKeeperError.BadArguments);
            var parentPath = ParentOf(create.Path);
            if (!Nodes.TryGetValue(parentPath, out var parent)) return Failed(ZooKeeperError.NoNode);
            var path = IsSequential(create.Mode) ? create.Path + parent.Stat.ChildrenVersion.ToString("D10", CultureInfo.InvariantCulture) : create.Path;
            if (Nodes.ContainsKey(path)) return Failed(ZooKeeperError.NodeExists);
            if (parent.IsEphemeral) return Failed(ZooKeeperError.NoChildrenForEphemerals);
            var owner = create.Mode is CreateMode.Ephemeral or CreateMode.EphemeralSequential ? session : create.Mode == CreateMode.Container ? ModelZNode.Container : 0;
            var stat = new ZNodeStat(zxid, zxid, nowMs, nowMs, 0, 0, 0, owner, create.Data.Length, 0, zxid);
            Nodes[path] = new ModelZNode(create.Data, stat, []);
            Adopt(parentPath, parent, parent.Children.Add(path[(path.LastIndexOf('/') + 1)..]));
            Changes.Add(new ZNodeEvent(ZNodeEventType.Created, path));
            return new ZooKeeperOpResult(ZooKeeperError.Ok, path, stat);
        }

        private ZooKeeperOpResult Set(ZooKeeperOp.Set set)
        {
            if (!Nodes.TryGetValue(set.Path, out var node)) return Failed(ZooKeeperError.NoNode);
            if (set.Version != -1 && set.Version != node.Stat.Version) return Failed(ZooKeeperError.BadVersion);
            var stat = node.Stat with { Mzxid = zxid, ModifiedMs = nowMs, Version = node.Stat.Version + 1, DataLength = set.Data.Length };
            Nodes[set.Path] = node with { Data = set.Data, Stat = stat };
            Changes.Add(new ZNodeEvent(ZNodeEventType.DataChanged, set.Path));
            return new ZooKeeperOpResult(ZooKeeperError.Ok, null, stat);
        }

        private ZooKeeperOpResult Delete(ZooKeeperOp.Delete delete)
        {
            if (!Nodes.TryGetValue(delete.Path, out var node)) return Failed(ZooKeeperError.NoNode);
            if (delete.Path == "/") return Failed(ZooKeeperError.BadArguments);
            if (delete.Version != -1 && delete.Version != node.Stat.Version) return Failed(ZooKeeperError.BadVersion);
            if (!node.Children.IsEmpty) return Failed(ZooKeeperError.NotEmpty);
            Nodes.Remove(delete.Path);
            var parentPath = ParentOf(delete.Path);
            var parent = Nodes[parentPath];
            Adopt(parentPath, parent, parent.Children.Remove(delete.Path[(delete.Path.LastIndexOf('/') + 1)..]));
            Changes.Add(new ZNodeEvent(ZNodeEventType.Deleted, delete.Path));
            return new ZooKeeperOpResult(ZooKeeperError.Ok, null, null);
        }

        private ZooKeeperOpResult Check(ZooKeeperOp.Check check) =>
            !Nodes.TryGetValue(check.Path, out var node) ? Failed(ZooKeeperError.NoNode)
            : check.Version != -1 && check.Version != node.Stat.Version ? Failed(ZooKeeperError.BadVersion)
            : new ZooKeeperOpResult(ZooKeeperError.Ok, null, null);

        private void Adopt(string path, ModelZNode parent, ImmutableSortedSet<string> children) => Nodes[path] = parent with
        {
            Children = children,
            Stat = parent.Stat with { ChildrenVersion = parent.Stat.ChildrenVersion + 1, ChildCount = children.Count, Pzxid = zxid },
        };

        private static ZooKeeperOpResult Failed(ZooKeeperError error) => new(error, null, null);

        private static bool IsSequential(CreateMode mode) =>
            mode is CreateMode.PersistentSequential or CreateMode.EphemeralSequential or CreateMode.PersistentSequentialWithTtl;

        private static bool IsPath(string path, CreateMode mode)
        {
            if (!path.StartsWith('/') || path == "/") return false;
            var names = path[1..].Split('/');
            // A sequential name may be only its number: "/parent/".
            return !names[..^1].Contains("") && (names[^1].Length > 0 || IsSequential(mode)) && !names.Contains(".") && !names.Contains("..") && !path.Contains('\0', StringComparison.Ordinal);
        }
    }
}

/// <summary>One znode of the model; <paramref name="Children"/> are names.</summary>
internal sealed record ModelZNode(byte[] Data, ZNodeStat Stat, ImmutableSortedSet<string> Children)
{
    /// <summary>The owner ZooKeeper shows for a container znode.</summary>
    public const long Container = long.MinValue;

    public bool IsEphemeral => Stat.EphemeralOwner is not 0 and not Container;
}

/// <summary>What a transaction made of the tree, what it answers, and what watches see. <paramref name="Guilty"/> is the failing step, or -1.</summary>
internal sealed record ModelOutcome(ModelTree Tree, ZooKeeperOpResult[] Results, IReadOnlyList<ZNodeEvent> Changes, int Guilty);
