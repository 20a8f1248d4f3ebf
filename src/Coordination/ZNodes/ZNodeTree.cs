using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// The persistent skeleton every broker makes sure of when it starts, as Kafka does. All creates are sent at once;
/// a znode that is there already is fine, so brokers may do this together.
/// </summary>
public static class ZNodeTree
{
    private static readonly string[] Skeleton =
    [
        "/consumers",
        "/brokers", BrokerIdNode.Parent, TopicNode.Parent, BrokerSeqId,
        ConfigNode.Root, ConfigChangeNode.Parent,
        "/config/topics", "/config/clients", "/config/users", "/config/brokers", "/config/ips",
        "/admin", DeleteTopicNode.Parent,
        IsrChangeNode.Parent,
        ProducerIdBlockNode.Path,
        LogDirEventNode.Parent,
        ClusterIdNode.Parent,
    ];

    /// <summary>The znode whose version hands out broker ids.</summary>
    public const string BrokerSeqId = "/brokers/seqid";

    public static async Task EnsureAsync(IZooKeeper zk, CancellationToken ct = default) =>
        await Task.WhenAll(Skeleton.Select(path => EnsureAsync(zk, path, ct)));

    private static Task EnsureAsync(IZooKeeper zk, string path, CancellationToken ct) => LostReplies.RepeatAsync(async () =>
    {
        try
        {
            await zk.CreateAsync(path, default, CreateMode.Persistent, ct);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
        {
            return false;
        }
        return true;
    });
}
