using System.Net;

namespace ClassicBroker.Broker.Configuration;

/// <summary>What one client, and all clients together, may take from the broker.</summary>
public sealed record LimitOptions
{
    /// <summary><c>socket.request.max.bytes</c>: a longer frame closes the connection. From 1; default 104857600.</summary>
    public int MaxRequestBytes { get; init; } = 104_857_600;

    /// <summary><c>fetch.max.bytes</c>: largest fetch answer. From 1024; default 57671680.</summary>
    public int FetchMaxBytes { get; init; } = 57_671_680;

    /// <summary><c>max.incremental.fetch.session.cache.slots</c>: fetch sessions kept (KIP-227). From 0; default 1000.</summary>
    public int FetchSessionSlots { get; init; } = 1000;

    /// <summary>
    /// <c>max.in.flight.requests</c> (ours): requests of one connection worked on together; reading pauses beyond it.
    /// 1 to 4096; default 64: enough for pipelining clients (5 to 10 is usual), small beside a request's memory.
    /// </summary>
    public int MaxInFlightRequests { get; init; } = 64;

    /// <summary>
    /// <c>frame.completion.timeout.ms</c> (ours): a frame that has begun must be whole by then, or a slow or stuck client would hold
    /// its buffer for ever. 100 to 3600000 ms; default 60000.
    /// </summary>
    public int FrameTimeoutMs { get; init; } = 60_000;

    /// <summary><c>connections.max.idle.ms</c>: a silent connection is closed; -1 never. Default 600000.</summary>
    public long MaxIdleMs { get; init; } = 600_000;

    /// <summary><c>max.connections</c>: per listener; beyond it new connections are closed. From 0; default 2147483647.</summary>
    public int MaxConnections { get; init; } = int.MaxValue;

    /// <summary><c>max.connections.per.ip</c>. From 0; default 2147483647.</summary>
    public int MaxConnectionsPerIp { get; init; } = int.MaxValue;

    /// <summary><c>max.connections.per.ip.overrides</c>: <c>address:number,…</c>. Default none.</summary>
    public IReadOnlyDictionary<string, int> MaxConnectionsPerIpOverrides { get; init; } = new Dictionary<string, int>();

    /// <summary><c>socket.send.buffer.bytes</c>; -1 leaves it to the system, which then adapts it. Default -1 (Kafka: 102400).</summary>
    public int SendBufferBytes { get; init; } = -1;

    /// <summary><c>socket.receive.buffer.bytes</c>; -1 leaves it to the system, which then adapts it. Default -1 (Kafka: 102400).</summary>
    public int ReceiveBufferBytes { get; init; } = -1;

    /// <summary><c>socket.listen.backlog.size</c>. From 1; default 50.</summary>
    public int Backlog { get; init; } = 50;

    /// <summary>How many connections one address may hold.</summary>
    public int ConnectionsAllowed(IPAddress address) =>
        MaxConnectionsPerIpOverrides.TryGetValue(address.ToString(), out var own) ? own : MaxConnectionsPerIp;

    internal static LimitOptions Read(SettingReader settings) => new()
    {
        MaxRequestBytes = settings.Int("socket.request.max.bytes", 104_857_600, 1),
        FetchMaxBytes = settings.Int("fetch.max.bytes", 57_671_680, 1024),
        FetchSessionSlots = settings.Int("max.incremental.fetch.session.cache.slots", 1000),
        MaxInFlightRequests = settings.Int("max.in.flight.requests", 64, 1, 4096),
        FrameTimeoutMs = settings.Int("frame.completion.timeout.ms", 60_000, 100, 3_600_000),
        MaxIdleMs = settings.Long("connections.max.idle.ms", 600_000, -1),
        MaxConnections = settings.Int("max.connections", int.MaxValue),
        MaxConnectionsPerIp = settings.Int("max.connections.per.ip", int.MaxValue),
        MaxConnectionsPerIpOverrides = ReadOverrides(settings),
        SendBufferBytes = settings.Int("socket.send.buffer.bytes", -1, -1),
        ReceiveBufferBytes = settings.Int("socket.receive.buffer.bytes", -1, -1),
        Backlog = settings.Int("socket.listen.backlog.size", 50, 1),
    };

    private static Dictionary<string, int> ReadOverrides(SettingReader settings)
    {
        const string key = "max.connections.per.ip.overrides";
        var overrides = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in settings.List(key) ?? [])
        {
            var colon = item.LastIndexOf(':');
            if (colon > 0 && int.TryParse(item.AsSpan(colon + 1), out var count) && count >= 0)
            {
                overrides[item[..colon].Trim('[', ']')] = count;
            }
            else
            {
                settings.Refuse(key, item, "address:number pairs, comma-separated, numbers from 0");
            }
        }

        return overrides;
    }
}
