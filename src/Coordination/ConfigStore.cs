using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// What was set apart from the defaults, per topic (and, by the same paths, per broker, user, client and ip). The last writer wins. A
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

    /// <summary>Replaces the whole configuration of an entity.</summary>
    public async Task WriteAsync(string entity, IReadOnlyDictionary<string, string> config, CancellationToken ct = default)
    {
        string path = ConfigNode.Path(entity);
        byte[] data = ConfigNode.Encode(config);
        await LostReplies.RepeatAsync(() => SetOrCreateAsync(path, data, ct));
    }

    /// <summary>Announces a change to every broker; call it after <see cref="WriteAsync"/>.</summary>
    public Task NotifyAsync(string entity, CancellationToken ct = default) =>
        LostReplies.RepeatAsync(() => zk.CreateAsync(ConfigChangeNode.Prefix, ConfigChangeNode.Encode(entity), CreateMode.PersistentSequential, ct));

    private async Task<ZNodeStat> SetOrCreateAsync(string path, byte[] data, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await zk.SetAsync(path, data, -1, ct);
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
            {
                if (await TryCreateAsync(path, data, ct) is { } stat) return stat;
            }
        }
    }

    private async Task<ZNodeStat?> TryCreateAsync(string path, byte[] data, CancellationToken ct)
    {
        try
        {
            return (await zk.CreateAsync(path, data, CreateMode.Persistent, ct)).Stat;
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
        {
            return null;   // made by another in between: set it
        }
    }

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
