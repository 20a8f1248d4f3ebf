using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// Which topics exist, where their replicas are, and which are to be deleted. Creating and marking are done by the broker that serves the
/// request; removing is the controller's, behind its fence. Remembers nothing.
/// </summary>
public sealed class TopicStore(IZooKeeper zk, ILogger<TopicStore>? log = null)
{
    /// <summary>Names of all topics, in no order.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken ct = default) =>
        (await LostReplies.RepeatAsync(() => zk.ChildrenAsync(TopicNode.Parent, watch: false, ct))).Names;

    /// <summary>Assignments of many topics in few round trips; one that is gone, or whose znode holds junk (logged), is left out.</summary>
    public async Task<IReadOnlyDictionary<string, TopicAssignment>> ReadAsync(IReadOnlyCollection<string> topics, CancellationToken ct = default)
    {
        var results = await Batches.GetAsync(zk, [.. topics.Select(TopicNode.Path)], ct);
        var assignments = new Dictionary<string, TopicAssignment>(topics.Count, StringComparer.Ordinal);
        foreach (var (topic, result) in topics.Zip(results))
            if (Decode(topic, result) is { } assignment) assignments[topic] = assignment;
        return assignments;
    }

    /// <summary>
    /// Creates a topic and its configuration in one transaction (Kafka writes them one after the other, so a loser of the race could
    /// overwrite the winner's configuration). False when a topic of that name exists; a lost reply is settled by the topic id, which
    /// nobody else can have.
    /// </summary>
    public async Task<bool> CreateAsync(TopicAssignment topic, IReadOnlyDictionary<string, string> config, CancellationToken ct = default)
    {
        string topicPath = TopicNode.Path(topic.Topic), configPath = ConfigNode.Topic(topic.Topic);
        var createTopic = new ZooKeeperOp.Create(topicPath, TopicNode.Encode(topic), CreateMode.Persistent);
        byte[] configData = ConfigNode.Encode(config);
        bool configLeftOver = false;
        while (true)
        {
            try
            {
                ZooKeeperOp writeConfig = configLeftOver
                    ? new ZooKeeperOp.Set(configPath, configData, -1)
                    : new ZooKeeperOp.Create(configPath, configData, CreateMode.Persistent);
                await zk.MultiAsync([createTopic, writeConfig], ct);
                return true;
            }
            catch (ZooKeeperException e) when (e.Path == configPath && e.Error is (ZooKeeperError.NodeExists or ZooKeeperError.NoNode))
            {
                configLeftOver = e.Error == ZooKeeperError.NodeExists;   // of an earlier topic of this name: replaced
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists or ZooKeeperError.ConnectionLoss)
            {
                var stored = await ReadAsync([topic.Topic], ct);
                if (stored.TryGetValue(topic.Topic, out var existing)) return existing.TopicId == topic.TopicId;
                if (e.Error == ZooKeeperError.NodeExists) return false;
            }
        }
    }

    /// <summary>Stores a changed assignment (more partitions) if the topic is still at the version it was read with; false if not.</summary>
    public async Task<bool> UpdateAsync(TopicAssignment topic, CancellationToken ct = default)
    {
        byte[] data = TopicNode.Encode(topic);
        while (true)
        {
            try
            {
                await zk.SetAsync(TopicNode.Path(topic.Topic), data, topic.ZkVersion.Value, ct);
                return true;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.BadVersion or ZooKeeperError.NoNode or ZooKeeperError.ConnectionLoss)
            {
                var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(TopicNode.Path(topic.Topic), watch: false, ct));
                if (node is null) return false;
                if (node.Stat.Version != topic.ZkVersion.Value) return node.Data.AsSpan().SequenceEqual(data);
            }
        }
    }

    /// <summary>Asks for a topic to be deleted; asking twice is the same as once.</summary>
    public Task MarkForDeletionAsync(string topic, CancellationToken ct = default) => LostReplies.RepeatAsync(async () =>
    {
        try
        {
            await zk.CreateAsync(DeleteTopicNode.Path(topic), default, CreateMode.Persistent, ct);
            return true;
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
        {
            return false;
        }
    });

    /// <summary>Topics that are to be deleted and are not gone yet.</summary>
    public async Task<IReadOnlyList<string>> MarkedForDeletionAsync(CancellationToken ct = default) =>
        (await LostReplies.RepeatAsync(() => zk.ChildrenAsync(DeleteTopicNode.Parent, watch: false, ct))).Names;

    /// <summary>
    /// Removes every trace of a topic, leaves first, behind the controller's fence; the deletion mark goes last, because until then
    /// the name may not be used again. Safe to repeat.
    /// </summary>
    /// <exception cref="ControllerMovedException">another controller was elected.</exception>
    public async Task RemoveAsync(string topic, ControllerTerm term, CancellationToken ct = default)
    {
        while (true)
        {
            try
            {
                foreach (var batch in (await TraceAsync(topic, ct)).Chunk(Batches.Size))
                    await PartitionStateWrites.FencedMultiAsync(zk, [.. batch.Select(path => new ZooKeeperOp.Delete(path, -1))], term, ct);
                return;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.NoNode or ZooKeeperError.NotEmpty)
            {
                log?.LogDebug("Removing topic {Topic} is repeated: {Reason}", topic, e.Error);
            }
        }
    }

    /// <summary>Removes a deletion mark of a topic that does not exist.</summary>
    public async Task RemoveMarkAsync(string topic, ControllerTerm term, CancellationToken ct = default)
    {
        try
        {
            await LostReplies.RepeatAsync(() => PartitionStateWrites.FencedMultiAsync(
                zk, [new ZooKeeperOp.Delete(DeleteTopicNode.Path(topic), -1)], term, ct));
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return;   // gone already
        }
    }

    // Every znode of the topic that exists, children before parents, the deletion mark last.
    private async Task<List<string>> TraceAsync(string topic, CancellationToken ct)
    {
        var levels = new List<IReadOnlyList<string>> { new[] { TopicNode.Path(topic) } };
        while (levels[^1].Count > 0)
        {
            var children = await Batches.ChildrenAsync(zk, levels[^1], ct);
            levels.Add([.. levels[^1].Zip(children).SelectMany(pair => pair.Second.Select(name => $"{pair.First}/{name}"))]);
        }
        var paths = new List<string>();
        for (int level = levels.Count - 1; level >= 0; level--) paths.AddRange(levels[level]);
        paths.Add(ConfigNode.Topic(topic));
        paths.Add(DeleteTopicNode.Path(topic));
        var found = await Batches.GetAsync(zk, paths, ct);
        return [.. paths.Where((_, i) => found[i].Error == ZooKeeperError.Ok)];
    }

    private TopicAssignment? Decode(string topic, ZooKeeperReadResult result)
    {
        if (result.Data is null || result.Stat is null) return null;
        try
        {
            return TopicNode.Decode(topic, result.Data, new ZkVersion(result.Stat.Version));
        }
        catch (ZNodeFormatException e)
        {
            log?.LogError("Topic {Topic} is left out: {Reason}", topic, e.Message);
            return null;
        }
    }
}
