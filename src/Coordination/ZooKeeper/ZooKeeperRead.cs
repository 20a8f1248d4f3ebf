namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>One read of a multiRead: all are answered in one round trip, each with its own error (server 3.6 and later).</summary>
/// <param name="Path">The znode, without the chroot.</param>
public abstract record ZooKeeperRead(string Path)
{
    /// <summary>Data and stat.</summary>
    public sealed record Get(string Path) : ZooKeeperRead(Path);

    /// <summary>Names of the children; this read carries no stat on the wire.</summary>
    public sealed record Children(string Path) : ZooKeeperRead(Path);
}

/// <summary>The answer to one read: <paramref name="Data"/> and <paramref name="Stat"/> for a get, <paramref name="Children"/> for the names.</summary>
public readonly record struct ZooKeeperReadResult(ZooKeeperError Error, byte[]? Data, IReadOnlyList<string>? Children, ZNodeStat? Stat);
