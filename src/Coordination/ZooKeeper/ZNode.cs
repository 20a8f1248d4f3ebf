namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// What the server keeps about a znode. A zxid is the ensemble's transaction number: it only grows, so the czxid of a
/// broker's ephemeral znode serves as its broker epoch.
/// </summary>
/// <param name="Czxid">Transaction that created the znode.</param>
/// <param name="Mzxid">Transaction that last wrote its data.</param>
/// <param name="CreatedMs">Creation, milliseconds since 1970, by the clock of the ensemble's leader.</param>
/// <param name="ModifiedMs">Last data write, milliseconds since 1970, by the clock of the ensemble's leader.</param>
/// <param name="Version">Number of data writes since creation; what a conditional set or delete is compared with.</param>
/// <param name="ChildrenVersion">Number of changes to the list of children.</param>
/// <param name="AclVersion">Number of changes to the access list.</param>
/// <param name="EphemeralOwner">Session that owns it; 0 for a persistent znode (container and TTL znodes carry marker values).</param>
/// <param name="DataLength">Bytes of data.</param>
/// <param name="ChildCount">Number of children.</param>
/// <param name="Pzxid">Transaction that last changed the list of children.</param>
public sealed record ZNodeStat(
    long Czxid,
    long Mzxid,
    long CreatedMs,
    long ModifiedMs,
    int Version,
    int ChildrenVersion,
    int AclVersion,
    long EphemeralOwner,
    int DataLength,
    int ChildCount,
    long Pzxid);

/// <summary>A znode as read: its path, its data (never null; empty when it has none) and its stat.</summary>
public sealed record ZNode(string Path, byte[] Data, ZNodeStat Stat);

/// <summary>Names (not paths) of the children, in no particular order, and the stat of the parent.</summary>
public sealed record ZNodeChildren(IReadOnlyList<string> Names, ZNodeStat Stat);

/// <summary>The answer to a create: the real path (with the counter, for sequential modes) and the stat.</summary>
public sealed record CreatedZNode(string Path, ZNodeStat Stat);
