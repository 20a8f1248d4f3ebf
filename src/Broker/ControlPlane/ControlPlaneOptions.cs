namespace ClassicBroker.Broker.ControlPlane;

/// <summary>Limits of the control plane.</summary>
public sealed class ControlPlaneOptions
{
    /// <summary>Name of the control plane's listener among a broker's endpoints in ZooKeeper.</summary>
    public const string ListenerName = "CONTROLPLANE";

    /// <summary>
    /// Largest order or answer, bytes. 32 MiB holds about 200,000 partitions in one order; a larger frame is a mistake or an attack.
    /// </summary>
    public int MaxFrameBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Connections at once; every broker of a cluster holds one or two, so this bounds a flood, not a cluster.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>How long an order may take before its connection is given up (Kafka: <c>controller.socket.timeout.ms</c>).</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for a connection; short, because the sender tries again at once.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);
}
