using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// One live broker as the controller knows it. <see cref="Epoch"/> is the broker epoch: the czxid of its
/// <c>/brokers/ids/&lt;id&gt;</c> znode, so a broker that was restarted in between has another one.
/// </summary>
[MessagePackObject]
public sealed class LiveBroker
{
    [Key(0)] public int Id { get; init; }
    [Key(1)] public long Epoch { get; init; } = -1;
    [Key(2)] public List<LiveEndpoint> Endpoints { get; init; } = [];

    /// <summary>Null when the broker names no rack.</summary>
    [Key(3)] public string? Rack { get; init; }

    /// <summary>The endpoint of a listener, or null when this broker has no such listener.</summary>
    public LiveEndpoint? On(string listener) =>
        Endpoints.Find(endpoint => string.Equals(endpoint.Listener, listener, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One advertised address of a broker; the listener <c>CONTROLPLANE</c> is for brokers only and never shown to clients.</summary>
[MessagePackObject]
public sealed class LiveEndpoint
{
    [Key(0)] public string Listener { get; init; } = "";
    [Key(1)] public string SecurityProtocol { get; init; } = "";
    [Key(2)] public string Host { get; init; } = "";
    [Key(3)] public int Port { get; init; }
}
