namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// The seam to ZooKeeper: one client, one session at a time, and a new session by itself after the old one expired.
/// Requests are pipelined and done by the ensemble in the order they were issued here.
/// </summary>
/// <remarks>
/// <para>A request that was on its way when the connection broke fails with <see cref="ZooKeeperError.ConnectionLoss"/>: it may have
/// been done, and only reading back tells. It is never sent twice. A request issued while there is no connection waits for the next
/// one; when the session turns out to be gone instead, it fails with <see cref="ZooKeeperError.SessionExpired"/>.</para>
/// <para>Events are raised in order from one loop. Handlers only enqueue; they never wait for another request.</para>
/// </remarks>
public interface IZooKeeper : IAsyncDisposable
{
    /// <summary>The state now; may be ahead of the events still queued for <see cref="SessionChanged"/>.</summary>
    ZooKeeperSessionState State { get; }

    /// <summary>Id of the current session; 0 before the first.</summary>
    long SessionId { get; }

    /// <summary>The session timeout as negotiated with the ensemble (which clamps what was asked to its own bounds).</summary>
    TimeSpan SessionTimeout { get; }

    /// <summary>With this and the id, another client can take the session over.</summary>
    ReadOnlyMemory<byte> SessionPassword { get; }

    /// <summary>
    /// Time on this machine's monotonic clock since the ensemble is known to have renewed the session: since the <i>sending</i> of the
    /// newest request or ping that has been answered, so a slow answer never makes the session look fresher than it is.
    /// Beyond <see cref="SessionTimeout"/> the session may be gone, and others may own what its ephemeral znodes stood for.
    /// </summary>
    TimeSpan SinceLastHeard { get; }

    /// <summary>
    /// Raised in order on the client's one event loop; handlers only enqueue. Expired is raised exactly once for each lost session,
    /// then Connected with a new <see cref="SessionId"/>. Subscribe first, then look at <see cref="State"/>.
    /// </summary>
    event Action<ZooKeeperSessionState>? SessionChanged;

    /// <summary>Raised for each fired watch, on the same loop and in order with <see cref="SessionChanged"/>. Paths are without the chroot.</summary>
    event Action<ZNodeEvent>? ZNodeChanged;

    /// <summary>Creates a znode. Errors: NodeExists, NoNode (no parent), NoChildrenForEphemerals, NoAuth.</summary>
    Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct = default);

    /// <summary>Creates a persistent znode that the server removes when it was neither written nor had children for <paramref name="timeToLive"/> (1 ms to 34 years).</summary>
    Task<CreatedZNode> CreateWithTtlAsync(string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential = false, CancellationToken ct = default);

    /// <summary>Writes the data if the znode is at <paramref name="version"/> (-1: any). Errors: NoNode, BadVersion, NoAuth.</summary>
    Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version = -1, CancellationToken ct = default);

    /// <summary>Deletes the znode if it is at <paramref name="version"/> (-1: any). Errors: NoNode, BadVersion, NotEmpty, NoAuth.</summary>
    Task DeleteAsync(string path, int version = -1, CancellationToken ct = default);

    /// <summary>The stat, or null when there is no such znode. The watch fires once: on creation, deletion or data change.</summary>
    Task<ZNodeStat?> ExistsAsync(string path, bool watch = false, CancellationToken ct = default);

    /// <summary>Reads data and stat; NoNode when it does not exist (then no watch is set).</summary>
    Task<ZNode> GetAsync(string path, bool watch = false, CancellationToken ct = default);

    /// <summary>Reads data and stat; null when it does not exist (then no watch is set).</summary>
    Task<ZNode?> TryGetAsync(string path, bool watch = false, CancellationToken ct = default);

    /// <summary>Names of the children and stat of the parent; NoNode when it does not exist.</summary>
    Task<ZNodeChildren> ChildrenAsync(string path, bool watch = false, CancellationToken ct = default);

    /// <summary>All steps in one transaction, or none: then <see cref="ZooKeeperMultiException"/> names the guilty one.</summary>
    Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct = default);

    /// <summary>Many reads in one round trip, in order, each with its own error. All together must fit one frame.</summary>
    Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct = default);

    /// <summary>Makes the server we talk to catch up with the leader before it answers the next read.</summary>
    Task SyncAsync(string path, CancellationToken ct = default);

    /// <summary>
    /// Sets a watch that stays after it fired. It survives reconnecting but not the session: set it again on a new session.
    /// While there was no connection it saw nothing, and servers do not tell afterwards (as they do for one-shot watches):
    /// after every Connected, read again what it covers. Do not mix it with one-shot watches on the same path: servers before 3.9
    /// keep one kind for each path and client, the newer one (ZOOKEEPER-4466).
    /// </summary>
    Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct = default);

    /// <summary>Removes every watch of this client on the path. Errors: NoWatcher.</summary>
    Task RemoveWatchAsync(string path, CancellationToken ct = default);
}
