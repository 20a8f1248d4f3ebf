namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/config/changes/config_change_&lt;sequence&gt;</c>, persistent sequential: "this configuration changed, read it again". Version 2:
/// <code>{"version":2,"entity_path":"topics/foo"}</code>
/// Version 1, still read: <code>{"version":1,"entity_type":"topics","entity_name":"foo"}</code>
/// </summary>
public static class ConfigChangeNode
{
    public const string Parent = "/config/changes";
    public const string Prefix = Parent + "/config_change_";

    public static byte[] Encode(string entityPath) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 2);
        json.WriteString("entity_path", entityPath);
    });

    /// <summary>The entity whose configuration changed, as a path below <c>/config</c>.</summary>
    public static string Decode(string path, ReadOnlySpan<byte> data) => ZNodeJson.Read(path, data, json =>
        json.Text("entity_path")
        ?? $"{json.GetProperty("entity_type").GetString()}/{json.GetProperty("entity_name").GetString()}");
}
