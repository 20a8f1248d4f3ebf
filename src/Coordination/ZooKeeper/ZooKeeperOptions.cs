namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>How to reach the ensemble, and the bounds of what one client may hold.</summary>
public sealed class ZooKeeperOptions
{
    /// <summary>Servers and, optionally, a chroot: <c>host1:2181,host2:2181/kafka</c>. Kafka key <c>zookeeper.connect</c>. A missing port means 2181.</summary>
    public string ConnectString { get; set; } = "";

    /// <summary>Session timeout asked for; the ensemble clamps it (usually to 2..20 of its ticks). Kafka key <c>zookeeper.session.timeout.ms</c>, default 18 s.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(18);

    /// <summary>How long the first connection may take before connecting fails. Kafka key <c>zookeeper.connection.timeout.ms</c>, default 18 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(18);

    /// <summary>
    /// Requests sent and not yet answered. Kafka key <c>zookeeper.max.in.flight.requests</c>; Kafka uses 10, we 1,024: the ensemble
    /// gathers what is in flight into one disk sync, so a wide window is most of the throughput.
    /// </summary>
    public int MaxInFlight { get; set; } = 1024;

    /// <summary>Requests waiting to be sent; a caller beyond that waits without a place in the queue.</summary>
    public int MaxQueued { get; set; } = 16_384;

    /// <summary>Largest frame sent or received, in bytes: ZooKeeper's <c>jute.maxbuffer</c>. Set the servers to the same or more (their default is 1 MiB).</summary>
    public int MaxFrameBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>User of ZooKeeper's digest scheme; null for none. Sent again on every connection.</summary>
    public string? DigestUser { get; set; }

    /// <summary>Password that goes with <see cref="DigestUser"/>.</summary>
    public string? DigestPassword { get; set; }

    /// <summary>
    /// True: znodes are created for their creator only (all rights, scheme <c>auth</c>), so credentials are needed.
    /// False: open to everyone (<c>world:anyone</c>). Kafka key <c>zookeeper.set.acl</c>, default false.
    /// </summary>
    public bool CreatorOnlyAcl { get; set; }

    /// <summary>Id of an existing session to go on with; 0 to start a new one.</summary>
    public long AttachSessionId { get; set; }

    /// <summary>Password of the session to go on with.</summary>
    public byte[] AttachPassword { get; set; } = [];
}
