namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>One step of a multi: all steps happen in one transaction, or none does.</summary>
/// <param name="Path">The znode, without the chroot.</param>
public abstract record ZooKeeperOp(string Path)
{
    /// <summary>Creates a znode. Modes with a time to live are not part of a multi.</summary>
    public sealed record Create(string Path, byte[] Data, CreateMode Mode) : ZooKeeperOp(Path);

    /// <summary>Writes the data when the znode is at <paramref name="Version"/> (-1: any).</summary>
    public sealed record Set(string Path, byte[] Data, int Version) : ZooKeeperOp(Path);

    /// <summary>Deletes the znode when it is at <paramref name="Version"/> (-1: any) and has no children.</summary>
    public sealed record Delete(string Path, int Version) : ZooKeeperOp(Path);

    /// <summary>Changes nothing; fails the whole multi unless the znode is at <paramref name="Version"/>.</summary>
    public sealed record Check(string Path, int Version) : ZooKeeperOp(Path);
}

/// <summary>What became of one step of a multi.</summary>
/// <param name="Error">
/// Ok when the multi was done. In a multi that failed: the step's own error for the guilty one,
/// Ok for steps before it (undone) and RuntimeInconsistency for steps after it (never tried).
/// </param>
/// <param name="Path">For a create: the real path, without the chroot.</param>
/// <param name="Stat">
/// For a set: the stat after it. For a create: null, because servers make a plain create of it inside a multi (containers excepted);
/// whoever needs the czxid adds a set of the same znode at version 0.
/// </param>
public readonly record struct ZooKeeperOpResult(ZooKeeperError Error, string? Path, ZNodeStat? Stat);
