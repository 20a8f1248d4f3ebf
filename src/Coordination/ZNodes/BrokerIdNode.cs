using System.Globalization;
using System.Text.Json;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/brokers/ids/&lt;id&gt;</c>, ephemeral: a live broker and its addresses. Version 5 of Kafka's format:
/// <code>
/// {"version":5,"host":"localhost","port":9092,"jmx_port":-1,"timestamp":"1700000000000",
///  "endpoints":["PLAINTEXT://localhost:9092","CONTROLPLANE://localhost:9192"],"rack":"a",
///  "listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","CONTROLPLANE":"PLAINTEXT"},"features":{}}
/// </code>
/// <c>host</c> and <c>port</c> are those of the first PLAINTEXT endpoint (for the oldest tools), else null and −1; <c>rack</c> is left out when unset.
/// Readers take versions 2 and up (listener name = protocol before version 4) and version 1 (host and port only).
/// </summary>
public static class BrokerIdNode
{
    public const string Parent = "/brokers/ids";

    public static string Path(int brokerId) => $"{Parent}/{brokerId}";

    public static byte[] Encode(BrokerRegistration broker, long timestampMs) => ZNodeJson.Write(json =>
    {
        var plain = broker.Endpoints.FirstOrDefault(endpoint => endpoint.SecurityProtocol == "PLAINTEXT");
        json.WriteNumber("version", 5);
        json.WriteString("host", plain?.Host);
        json.WriteNumber("port", plain?.Port ?? -1);
        json.WriteNumber("jmx_port", -1);
        json.WriteString("timestamp", timestampMs.ToString(CultureInfo.InvariantCulture));
        json.WriteStartArray("endpoints");
        foreach (var endpoint in broker.Endpoints) json.WriteStringValue(Address(endpoint));
        json.WriteEndArray();
        if (broker.Rack is not null) json.WriteString("rack", broker.Rack);
        json.WriteStartObject("listener_security_protocol_map");
        foreach (var endpoint in broker.Endpoints) json.WriteString(endpoint.Listener, endpoint.SecurityProtocol);
        json.WriteEndObject();
        json.WriteStartObject("features");
        json.WriteEndObject();
    });

    /// <param name="epoch">czxid of the znode, which is the broker epoch.</param>
    public static BrokerRegistration Decode(int brokerId, ReadOnlySpan<byte> data, BrokerEpoch epoch) => ZNodeJson.Read(Path(brokerId), data, json =>
    {
        var endpoints = new List<BrokerEndpoint>();
        if (json.TryGetProperty("endpoints", out var list))
        {
            var protocols = json.TryGetProperty("listener_security_protocol_map", out var map) ? map : default;
            foreach (var item in list.EnumerateArray()) endpoints.Add(ParseEndpoint(item.GetString() ?? "", protocols));
        }
        else if (json.Text("host") is { } host)
        {
            endpoints.Add(new BrokerEndpoint("PLAINTEXT", "PLAINTEXT", host, json.GetProperty("port").GetInt32()));
        }
        return new BrokerRegistration(brokerId, endpoints, json.Text("rack"), epoch);
    });

    private static string Address(BrokerEndpoint endpoint)
    {
        string host = endpoint.Host.Contains(':') ? $"[{endpoint.Host}]" : endpoint.Host;
        return string.Create(CultureInfo.InvariantCulture, $"{endpoint.Listener}://{host}:{endpoint.Port}");
    }

    private static BrokerEndpoint ParseEndpoint(string text, JsonElement protocols)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int port = text.LastIndexOf(':');
        if (scheme < 1 || port < scheme + 3) throw new FormatException($"'{text}' is not LISTENER://host:port.");
        string listener = text[..scheme];
        string protocol = protocols.ValueKind == JsonValueKind.Object ? protocols.Text(listener) ?? listener : listener;
        return new BrokerEndpoint(listener, protocol, text[(scheme + 3)..port].Trim('[', ']'),
            int.Parse(text.AsSpan(port + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
