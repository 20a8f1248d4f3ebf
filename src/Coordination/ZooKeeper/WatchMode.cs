namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>The two kinds of watch that stay after they fired (server 3.6 and later; <c>AddWatchMode</c> on the wire).</summary>
public enum WatchMode
{
    /// <summary>Data and children of one znode.</summary>
    Persistent = 0,

    /// <summary>One znode and all below it: created, deleted and data changed, but never children changed.</summary>
    PersistentRecursive = 1,
}
