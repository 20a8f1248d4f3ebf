namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/config/topics/&lt;topic&gt;</c> and its sisters for clients, users, brokers and ips, persistent: what was set apart from the defaults.
/// <code>{"version":1,"config":{"retention.ms":"60000"}}</code>
/// Values are always strings; nothing set is an empty object.
/// </summary>
public static class ConfigNode
{
    public const string Root = "/config";

    /// <param name="entity">for instance <c>topics/foo</c>, <c>brokers/1</c> or <c>users/&lt;default&gt;</c>.</param>
    public static string Path(string entity) => $"{Root}/{entity}";

    public static string Topic(string topic) => $"{Root}/topics/{topic}";

    public static byte[] Encode(IReadOnlyDictionary<string, string> config) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteStartObject("config");
        foreach (var (key, value) in config.OrderBy(entry => entry.Key, StringComparer.Ordinal)) json.WriteString(key, value);
        json.WriteEndObject();
    });

    public static IReadOnlyDictionary<string, string> Decode(string path, ReadOnlySpan<byte> data) => ZNodeJson.Read(path, data, json =>
    {
        var config = new Dictionary<string, string>(StringComparer.Ordinal);
        if (json.TryGetProperty("config", out var map))
            foreach (var entry in map.EnumerateObject()) config[entry.Name] = entry.Value.GetString() ?? "";
        return (IReadOnlyDictionary<string, string>)config;
    });
}
