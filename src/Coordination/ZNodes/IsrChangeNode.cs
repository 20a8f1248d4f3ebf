namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/isr_change_notification/isr_change_&lt;sequence&gt;</c>, persistent sequential: a leader changed the ISR of these partitions.
/// <code>{"version":1,"partitions":[{"topic":"t","partition":0}]}</code>
/// Only names: the controller reads the states themselves, then deletes the notification.
/// </summary>
public static class IsrChangeNode
{
    public const string Parent = "/isr_change_notification";
    public const string Prefix = Parent + "/isr_change_";

    public static byte[] Encode(IEnumerable<(string Topic, int Partition)> partitions) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteStartArray("partitions");
        foreach (var (topic, partition) in partitions)
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteNumber("partition", partition);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static IReadOnlyList<(string Topic, int Partition)> Decode(string path, ReadOnlySpan<byte> data) => ZNodeJson.Read(path, data, json =>
        (IReadOnlyList<(string, int)>)[.. json.GetProperty("partitions").EnumerateArray()
            .Select(item => (item.GetProperty("topic").GetString() ?? "", item.GetProperty("partition").GetInt32()))]);
}
