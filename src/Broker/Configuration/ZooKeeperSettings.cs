namespace ClassicBroker.Broker.Configuration;

/// <summary>How the ensemble is reached.</summary>
public sealed record ZooKeeperSettings
{
    /// <summary><c>zookeeper.connect</c>: <c>host:port,host:port/chroot</c>. Required.</summary>
    public string Connect { get; init; } = "";

    /// <summary><c>zookeeper.session.timeout.ms</c>: silence after which the ensemble takes this broker for dead. 100 to 3600000 ms; default 18000.</summary>
    public int SessionTimeoutMs { get; init; } = 18_000;

    /// <summary><c>zookeeper.connection.timeout.ms</c>: how long the start waits for the first connection. From 1 ms; default the session timeout.</summary>
    public int ConnectionTimeoutMs { get; init; } = 18_000;

    /// <summary>
    /// <c>zookeeper.max.in.flight.requests</c>: pipelined requests not answered yet. 1 to 65536; default 1024 (Kafka: 10), because a
    /// window of ten makes a failover of many partitions wait for round trips.
    /// </summary>
    public int MaxInFlight { get; init; } = 1024;

    internal static ZooKeeperSettings Read(SettingReader settings)
    {
        var sessionTimeout = settings.Int("zookeeper.session.timeout.ms", 18_000, 100, 3_600_000);
        var options = new ZooKeeperSettings
        {
            Connect = settings.Text("zookeeper.connect") ?? "",
            SessionTimeoutMs = sessionTimeout,
            ConnectionTimeoutMs = settings.Int("zookeeper.connection.timeout.ms", sessionTimeout, 1),
            MaxInFlight = settings.Int("zookeeper.max.in.flight.requests", 1024, 1, 65_536),
        };
        if (options.Connect.Length == 0)
        {
            settings.Refuse("zookeeper.connect", null, "host:port of the ensemble's servers, comma-separated, with an optional /chroot at the end");
        }

        return options;
    }
}
