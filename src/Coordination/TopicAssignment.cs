namespace ClassicBroker.Coordination;

/// <summary>
/// Which brokers hold which partition of a topic, the preferred leader first. While a reassignment runs, <see cref="Replicas"/>
/// holds the full set and <see cref="Adding"/>/<see cref="Removing"/> the partitions under way (KIP-455).
/// <see cref="TopicId"/> is empty for a topic written by a tool that knows no ids.
/// </summary>
public sealed record TopicAssignment(
    string Topic,
    Guid TopicId,
    IReadOnlyDictionary<int, int[]> Replicas,
    IReadOnlyDictionary<int, int[]> Adding,
    IReadOnlyDictionary<int, int[]> Removing,
    ZkVersion ZkVersion)
{
    private static readonly Dictionary<int, int[]> Nothing = [];

    /// <summary>An assignment that nothing is being moved in.</summary>
    public TopicAssignment(string topic, Guid topicId, IReadOnlyDictionary<int, int[]> replicas)
        : this(topic, topicId, replicas, Nothing, Nothing, ZkVersion.Create) { }
}
