namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// The watches this session holds, as the server has them (server paths). A server forgets a connection's watches with the connection,
/// so after reconnecting they are set again, with the newest zxid seen: for one-shot watches the server compares it with the znode and
/// fires at once what was missed. For persistent watches it does not (DataTree.setWatches): whoever holds one reads again after Connected.
/// Owner: the receive loop; between connections the session loop.
/// </summary>
internal sealed class Watches
{
    /// <summary>Paths for one SetWatches2 frame, in bytes: far below any server's jute.maxbuffer, as the Java client does.</summary>
    private const int BatchBytes = 128 * 1024;

    private readonly HashSet<string> _data = [];
    private readonly HashSet<string> _exists = [];
    private readonly HashSet<string> _children = [];
    private readonly HashSet<string> _persistent = [];
    private readonly HashSet<string> _recursive = [];

    public int Count => _data.Count + _exists.Count + _children.Count + _persistent.Count + _recursive.Count;

    /// <summary>Called when an answer came, before its caller learns of it and before any later notification is read.</summary>
    public void Answered(WatchChange change, string path, ZooKeeperError error)
    {
        if (change == WatchChange.Exists && error == ZooKeeperError.NoNode) _exists.Add(path); // watched for its creation
        if (error != ZooKeeperError.Ok) return;
        switch (change)
        {
            case WatchChange.Data or WatchChange.Exists: _data.Add(path); break;
            case WatchChange.Children: _children.Add(path); break;
            case WatchChange.AddPersistent: _persistent.Add(path); break;
            case WatchChange.AddRecursive: _recursive.Add(path); break;
            case WatchChange.Remove: Forget(path); break;
        }
    }

    /// <summary>One-shot watches are spent by the event; persistent ones stay.</summary>
    public void Fired(ZNodeEventType type, string path)
    {
        if (type != ZNodeEventType.ChildrenChanged)
        {
            _data.Remove(path);
            _exists.Remove(path);
        }

        if (type is ZNodeEventType.ChildrenChanged or ZNodeEventType.Deleted) _children.Remove(path);
    }

    /// <summary>With the session go its watches.</summary>
    public void Clear()
    {
        foreach (var set in All) set.Clear();
    }

    /// <summary>The SetWatches2 frames that set everything again on a new connection.</summary>
    public IEnumerable<byte[]> ToFrames(long lastZxid)
    {
        HashSet<string>[] all = All;
        var batch = NewBatch();
        int bytes = 0;
        for (int kind = 0; kind < all.Length; kind++)
        {
            foreach (string path in all[kind])
            {
                batch[kind].Add(path);
                bytes += 4 + path.Length;
                if (bytes < BatchBytes) continue;
                yield return Encode(lastZxid, batch);
                batch = NewBatch();
                bytes = 0;
            }
        }

        if (bytes > 0) yield return Encode(lastZxid, batch);
    }

    // in the order of the fields of jute's SetWatches2
    private HashSet<string>[] All => [_data, _exists, _children, _persistent, _recursive];

    private static List<string>[] NewBatch() => [[], [], [], [], []];

    private static byte[] Encode(long lastZxid, List<string>[] batch)
    {
        var jute = new JuteWriter();
        jute.Int(0); // frame length, filled in last
        jute.Int(Xid.SetWatches);
        jute.Int(OpCode.SetWatches2);
        jute.Long(lastZxid);
        foreach (var paths in batch) jute.Strings(paths);
        return jute.ToFrame();
    }

    private void Forget(string path)
    {
        foreach (var set in All) set.Remove(path);
    }
}
