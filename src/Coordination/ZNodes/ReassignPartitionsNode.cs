namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/admin/reassign_partitions</c>, persistent, written by old tools: replicas that partitions shall have.
/// <code>{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,2]}]}</code>
/// The controller takes out what is done and removes the znode when it is empty.
/// </summary>
public static class ReassignPartitionsNode
{
    public const string Path = "/admin/reassign_partitions";

    public static byte[] Encode(IEnumerable<(string Topic, int Partition, int[] Replicas)> wishes) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteStartArray("partitions");
        foreach (var (topic, partition, replicas) in wishes)
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteNumber("partition", partition);
            json.WriteInts("replicas", replicas);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static IReadOnlyList<(string Topic, int Partition, int[] Replicas)> Decode(ReadOnlySpan<byte> data) => ZNodeJson.Read(Path, data, json =>
        (IReadOnlyList<(string, int, int[])>)[.. json.GetProperty("partitions").EnumerateArray()
            .Select(item => (item.GetProperty("topic").GetString() ?? "", item.GetProperty("partition").GetInt32(), item.GetProperty("replicas").Ints()))]);
}
