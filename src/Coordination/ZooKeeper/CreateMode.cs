namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// How a znode lives and is named. The numbers are the flags of ZooKeeper's create request (<c>org.apache.zookeeper.CreateMode</c>).
/// </summary>
public enum CreateMode
{
    /// <summary>Stays until somebody deletes it.</summary>
    Persistent = 0,

    /// <summary>Goes with the session that made it; can have no children.</summary>
    Ephemeral = 1,

    /// <summary>As <see cref="Persistent"/>; the server appends the parent's ten-digit counter to the name.</summary>
    PersistentSequential = 2,

    /// <summary>As <see cref="Ephemeral"/>; the server appends the parent's ten-digit counter to the name.</summary>
    EphemeralSequential = 3,

    /// <summary>The server removes it some time after its last child went (server 3.5.3 and later).</summary>
    Container = 4,

    /// <summary>The server removes it when it has no child and was not changed for its time to live (the server needs extended types enabled).</summary>
    PersistentWithTtl = 5,

    /// <summary>As <see cref="PersistentWithTtl"/>; the server appends the parent's ten-digit counter to the name.</summary>
    PersistentSequentialWithTtl = 6,
}
