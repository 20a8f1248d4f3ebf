using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// What was set apart from the defaults, per topic (and, by the same paths, per broker, user, client and ip). A
/// change is written first and announced after: an announcement only says "read again". Remembers nothing.
/// </summary>
public sealed class ConfigStore(IZooKeeper zk, ILogger<ConfigStore>? log = null)
{
    private static readonly Dictionary<string, string> Nothing = [];

    /// <summary>The configuration of a topic; empty when nothing is set.</summary>
    public Task<IReadOnlyDictionary<string, string>> ReadTopicAsync(string topic, CancellationToken ct = default) => ReadAsync($"topics/{topic}", ct);

    /// <param name="entity">below <c>/config</c>, for instance <c>topics/foo</c>.</param>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(string entity, CancellationToken ct = default)
    {
        string path = ConfigNode.Path(entity);
        var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(path, watch: false, ct));
        return node is null ? Nothing : Decode(path, node.Data);
    }

    /// <summary>The configurations of many topics in few round trips; every topic asked for is in the answer.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ReadTopicsAsync(
        IReadOnlyCollection<string> topics, CancellationToken ct = default)
    {
        var results = await Batches.GetAsync(zk, [.. topics.Select(ConfigNode.Topic)], ct);
        return topics.Zip(results).ToDictionary(
            pair => pair.First,
            pair => pair.Second.Data is { } data ? Decode(ConfigNode.Topic(pair.First), data) : Nothing);
    }

    /// <summary>
    /// Changes the configuration of an entity: read, changed, and written only if nobody wrote in between, else from the start. So two changes of different
    /// keys at the same time both count. After a lost reply it is done again: <paramref name="change"/> must give the same when applied to its own result.
    /// </summary>
    public async Task UpdateAsync(
        string entity, Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>> change, CancellationToken ct = default)
    {
        string path = ConfigNode.Path(entity);
        while (true)
        {
            var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(path, watch: false, ct));
            byte[] data = ConfigNode.Encode(change(node is null ? Nothing : Decode(path, node.Data)));
            try
            {
                if (node is null) await zk.CreateAsync(path, data, CreateMode.Persistent, ct);
                else await zk.SetAsync(path, data, node.Stat.Version, ct);
                return;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.BadVersion or ZooKeeperError.NodeExists or ZooKeeperError.ConnectionLoss
                || (e.Error == ZooKeeperError.NoNode && node is not null))
            {
                continue;
            }
        }
    }

    /// <summary>Announces a change to every broker; call it after the write.</summary>
    public Task NotifyAsync(string entity, CancellationToken ct = default) =>
        LostReplies.RepeatAsync(() => zk.CreateAsync(ConfigChangeNode.Prefix, ConfigChangeNode.Encode(entity), CreateMode.PersistentSequential, ct));

    private IReadOnlyDictionary<string, string> Decode(string path, byte[] data)
    {
        try
        {
            return data.Length == 0 ? Nothing : ConfigNode.Decode(path, data);
        }
        catch (ZNodeFormatException e)
        {
            log?.LogError("{Reason} Defaults are used", e.Message);
            return Nothing;
        }
    }
}
