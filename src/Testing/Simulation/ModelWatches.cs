using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>The watches of one connection, as a server keeps them.</summary>
internal sealed class ModelWatches
{
    private readonly HashSet<string> _data = new(StringComparer.Ordinal), _children = new(StringComparer.Ordinal);
    private readonly HashSet<string> _persistent = new(StringComparer.Ordinal), _recursive = new(StringComparer.Ordinal);

    // Client side: data watches whose znode was there when they were set.
    private readonly HashSet<string> _existed = new(StringComparer.Ordinal);

    public bool IsEmpty => _data.Count + _children.Count + _persistent.Count + _recursive.Count == 0;

    public void WatchData(string path) => _data.Add(path);

    public void WatchChildren(string path) => _children.Add(path);

    public void WatchAlways(string path, WatchMode mode) => (mode == WatchMode.Persistent ? _persistent : _recursive).Add(path);

    public bool Remove(string path) => _data.Remove(path) | _children.Remove(path) | _persistent.Remove(path) | _recursive.Remove(path);

    public ModelWatches Copy()
    {
        var copy = new ModelWatches();
        copy._data.UnionWith(_data);
        copy._children.UnionWith(_children);
        copy._persistent.UnionWith(_persistent);
        copy._recursive.UnionWith(_recursive);
        copy._existed.UnionWith(_existed);
        return copy;
    }

    public void Clear()
    {
        foreach (var set in new[] { _data, _children, _persistent, _recursive }) set.Clear();
    }

    /// <summary>Tells what these watches see of a change: the znode itself first, then its parent's children.</summary>
    public void Fire(ZNodeEvent change, Action<ZNodeEvent> tell)
    {
        var path = change.Path;
        var seen = _data.Remove(path) | _persistent.Contains(path) | _recursive.Any(root => IsInside(path, root));
        if (change.Type == ZNodeEventType.Deleted) seen |= _children.Remove(path);
        if (seen) tell(change);
        if (change.Type == ZNodeEventType.DataChanged) return;
        var parent = ModelTree.ParentOf(path);
        if (_children.Remove(parent) | _persistent.Contains(parent)) tell(new ZNodeEvent(ZNodeEventType.ChildrenChanged, parent));
    }

    /// <summary>Client side: a one-shot watch is spent by the event it raised.</summary>
    public void Spend(ZNodeEvent seen)
    {
        if (seen.Type != ZNodeEventType.ChildrenChanged) _data.Remove(seen.Path);
        if (seen.Type is ZNodeEventType.ChildrenChanged or ZNodeEventType.Deleted) _children.Remove(seen.Path);
    }

    /// <summary>Takes over the watches of the connection before; what one-shot watches missed since <paramref name="lastZxid"/> is told at once.</summary>
    public void SetAgain(ModelWatches before, ModelTree view, long lastZxid, Action<ZNodeEvent> tell)
    {
        foreach (var path in before._data.Order(StringComparer.Ordinal))
        {
            var node = view.Find(path);
            var existed = before._existed.Contains(path);
            if (node is null && existed) tell(new ZNodeEvent(ZNodeEventType.Deleted, path));
            else if (node is not null && !existed) tell(new ZNodeEvent(ZNodeEventType.Created, path));
            else if (node is not null && node.Stat.Mzxid > lastZxid) tell(new ZNodeEvent(ZNodeEventType.DataChanged, path));
            else _data.Add(path);
        }
        foreach (var path in before._children.Order(StringComparer.Ordinal))
        {
            var node = view.Find(path);
            if (node is null) tell(new ZNodeEvent(ZNodeEventType.Deleted, path));
            else if (node.Stat.Pzxid > lastZxid) tell(new ZNodeEvent(ZNodeEventType.ChildrenChanged, path));
            else _children.Add(path);
        }
        _persistent.UnionWith(before._persistent);
        _recursive.UnionWith(before._recursive);
        _existed.UnionWith(before._existed);
    }

    /// <summary>Client side: a data watch was set on a znode that was there (else: on one that was not).</summary>
    public void Note(string path, bool exists)
    {
        if (exists) _existed.Add(path);
        else _existed.Remove(path);
    }

    private static bool IsInside(string path, string root) =>
        path == root || root == "/" || (path.StartsWith(root, StringComparison.Ordinal) && path[root.Length] == '/');
}
