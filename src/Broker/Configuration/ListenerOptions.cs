namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// Where clients, brokers, the controller and operators reach this broker. Every listener has a name; which endpoints a client is told
/// depends on the name of the listener it came in on.
/// </summary>
public sealed record ListenerOptions
{
    private static readonly string[] Protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

    /// <summary>The name under which the control plane's endpoint stands in ZooKeeper; never shown to clients.</summary>
    public const string ControlPlaneName = "CONTROLPLANE";

    /// <summary><c>listeners</c>: <c>NAME://host:port,…</c>; port 0 lets the system choose. Default <c>PLAINTEXT://127.0.0.1:9092</c> (Kafka: all interfaces), so that a broker tried out is not open to the network.</summary>
    public IReadOnlyList<ListenerEndpoint> Listeners { get; init; } = [new("PLAINTEXT", "PLAINTEXT", "127.0.0.1", 9092)];

    /// <summary><c>advertised.listeners</c>: what clients are told, for those names that differ from what is bound. Default: as bound.</summary>
    public IReadOnlyList<ListenerEndpoint> Advertised { get; init; } = [];

    /// <summary><c>inter.broker.listener.name</c>: followers fetch here. Default: the listener of <c>security.inter.broker.protocol</c>, which is PLAINTEXT by default.</summary>
    public string InterBrokerListenerName { get; init; } = "PLAINTEXT";

    /// <summary><c>control.plane.listener.host</c> (ours): where the controller's orders come in. Default: the inter-broker listener's host.</summary>
    public string ControlPlaneHost { get; init; } = "127.0.0.1";

    /// <summary><c>control.plane.listener.port</c> (ours). 0 to 65535; default 0: any free one, found by others through ZooKeeper.</summary>
    public int ControlPlanePort { get; init; }

    /// <summary><c>http.host</c> (ours): health and status. Default 127.0.0.1.</summary>
    public string HttpHost { get; init; } = "127.0.0.1";

    /// <summary><c>http.port</c> (ours). -1 turns it off; 0 (default) takes any free one, written to the run file.</summary>
    public int HttpPort { get; init; }

    internal static ListenerOptions Read(SettingReader settings)
    {
        var protocols = ReadProtocols(settings);
        var listeners = settings.List("listeners") is { } given
            ? ReadEndpoints(settings, "listeners", given, protocols)
            : new ListenerOptions().Listeners;
        if (listeners.Count == 0)
        {
            settings.Refuse("listeners", "", "one NAME://host:port or more, comma-separated");
            listeners = new ListenerOptions().Listeners;
        }

        var advertised = ReadEndpoints(settings, "advertised.listeners", settings.List("advertised.listeners") ?? [], protocols);
        CheckRelations(settings, listeners, advertised);
        var interBroker = ReadInterBroker(settings, listeners);
        return new ListenerOptions
        {
            Listeners = listeners,
            Advertised = advertised,
            InterBrokerListenerName = interBroker.Name,
            ControlPlaneHost = settings.Text("control.plane.listener.host") ?? interBroker.Host,
            ControlPlanePort = settings.Int("control.plane.listener.port", 0, 0, ushort.MaxValue),
            HttpHost = settings.Text("http.host") ?? "127.0.0.1",
            HttpPort = settings.Int("http.port", 0, -1, ushort.MaxValue),
        };
    }

    private static Dictionary<string, string> ReadProtocols(SettingReader settings)
    {
        const string key = "listener.security.protocol.map";
        var map = Protocols.ToDictionary(p => p, p => p, StringComparer.Ordinal);
        foreach (var item in settings.List(key) ?? [])
        {
            var colon = item.IndexOf(':');
            var protocol = colon > 0 ? item[(colon + 1)..].Trim().ToUpperInvariant() : "";
            if (!Protocols.Contains(protocol))
            {
                settings.Refuse(key, item, "NAME:PROTOCOL pairs, PROTOCOL one of " + string.Join(", ", Protocols));
                continue;
            }

            map[item[..colon].Trim().ToUpperInvariant()] = protocol;
        }

        return map;
    }

    private static List<ListenerEndpoint> ReadEndpoints(
        SettingReader settings, string key, IReadOnlyList<string> items, Dictionary<string, string> protocols)
    {
        var endpoints = new List<ListenerEndpoint>();
        foreach (var item in items)
        {
            if (!ListenerEndpoint.TrySplit(item, out var name, out var host, out var port))
            {
                settings.Refuse(key, item, "NAME://host:port, port from 0 to 65535, for instance PLAINTEXT://127.0.0.1:9092");
            }
            else if (!protocols.TryGetValue(name, out var protocol))
            {
                settings.Refuse(key, item, $"listener names with a protocol; add {name}:PLAINTEXT to listener.security.protocol.map");
            }
            else if (name == ControlPlaneName)
            {
                settings.Refuse(key, item, $"any listener name but {ControlPlaneName}, which the broker uses for the controller's orders");
            }
            else
            {
                endpoints.Add(new ListenerEndpoint(name, protocol, host, port));
            }
        }

        return endpoints;
    }

    private static void CheckRelations(
        SettingReader settings, IReadOnlyList<ListenerEndpoint> listeners, IReadOnlyList<ListenerEndpoint> advertised)
    {
        foreach (var listener in listeners.Where(l => l.SecurityProtocol != "PLAINTEXT"))
        {
            settings.Refuse("listeners", listener.ToString(), "PLAINTEXT listeners; TLS and SASL are not served yet");
        }

        if (listeners.Select(l => l.Name).Distinct(StringComparer.Ordinal).Count() != listeners.Count)
        {
            settings.Refuse("listeners", string.Join(',', listeners), "each listener name once");
        }

        var ports = listeners.Where(l => l.Port != 0).Select(l => (l.Host, l.Port)).ToArray();
        if (ports.Distinct().Count() != ports.Length)
        {
            settings.Refuse("listeners", string.Join(',', listeners), "each port once");
        }

        foreach (var endpoint in advertised)
        {
            if (listeners.All(l => l.Name != endpoint.Name))
            {
                settings.Refuse("advertised.listeners", endpoint.ToString(), "names that stand in listeners: " + string.Join(", ", listeners.Select(l => l.Name)));
            }

            if (endpoint.Host is "0.0.0.0" or "::")
            {
                settings.Refuse("advertised.listeners", endpoint.ToString(), "an address others can connect to; 0.0.0.0 and :: only mean something when binding");
            }
        }
    }

    private static ListenerEndpoint ReadInterBroker(SettingReader settings, IReadOnlyList<ListenerEndpoint> listeners)
    {
        var protocol = settings.Text("security.inter.broker.protocol");
        var name = settings.Text("inter.broker.listener.name")?.ToUpperInvariant();
        if (protocol is not null && name is not null)
        {
            settings.RefuseRelation(
                "inter.broker.listener.name and security.inter.broker.protocol are both set; allowed: one of them");
        }

        var wanted = name ?? protocol?.ToUpperInvariant();
        var found = wanted is null
            ? listeners.FirstOrDefault(l => l.Name == "PLAINTEXT") ?? (listeners.Count == 1 ? listeners[0] : null)
            : listeners.FirstOrDefault(l => l.Name == wanted);
        if (found is null)
        {
            settings.Refuse("inter.broker.listener.name", wanted, "one of the names in listeners: " + string.Join(", ", listeners.Select(l => l.Name)));
        }

        return found ?? listeners[0];
    }
}
