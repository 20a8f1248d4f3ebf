namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/cluster/id</c>, persistent: made by the first broker and never changed.
/// <code>{"version":"1","id":"4L6g3nShT-eMCtK--X86sw"}</code>
/// Here, and only here, the version is a string.
/// </summary>
public static class ClusterIdNode
{
    public const string Parent = "/cluster";
    public const string Path = "/cluster/id";

    public static byte[] Encode(string clusterId) => ZNodeJson.Write(json =>
    {
        json.WriteString("version", "1");
        json.WriteString("id", clusterId);
    });

    public static string Decode(ReadOnlySpan<byte> data) => ZNodeJson.Read(Path, data,
        json => json.GetProperty("id").GetString() ?? throw new FormatException("the id is null."));
}
