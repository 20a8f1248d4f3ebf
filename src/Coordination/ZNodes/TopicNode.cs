namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/brokers/topics/&lt;topic&gt;</c>, persistent: which brokers hold each partition, preferred leader first. Version 3:
/// <code>{"version":3,"partitions":{"0":[1,2]},"adding_replicas":{},"removing_replicas":{},"topic_id":"kXb4eQHkT3uJQqX0PqWm0A"}</code>
/// Version 2 has no <c>topic_id</c>, version 1 has <c>partitions</c> only.
/// </summary>
public static class TopicNode
{
    public const string Parent = "/brokers/topics";

    public static string Path(string topic) => $"{Parent}/{topic}";

    public static byte[] Encode(TopicAssignment topic) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", topic.TopicId == Guid.Empty ? 2 : 3);
        json.WriteIntsByPartition("partitions", topic.Replicas);
        json.WriteIntsByPartition("adding_replicas", topic.Adding);
        json.WriteIntsByPartition("removing_replicas", topic.Removing);
        if (topic.TopicId != Guid.Empty) json.WriteString("topic_id", KafkaUuid.Format(topic.TopicId));
    });

    public static TopicAssignment Decode(string topic, ReadOnlySpan<byte> data, ZkVersion zkVersion) => ZNodeJson.Read(Path(topic), data, json =>
    {
        if (!json.TryGetProperty("partitions", out _)) throw new FormatException("the field 'partitions' is missing.");
        var id = json.Text("topic_id") is { } text ? KafkaUuid.Parse(text) : Guid.Empty;
        return new TopicAssignment(topic, id, json.IntsByPartition("partitions"), json.IntsByPartition("adding_replicas"),
            json.IntsByPartition("removing_replicas"), zkVersion);
    });
}
