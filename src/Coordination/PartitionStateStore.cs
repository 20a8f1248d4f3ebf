using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// Leader and ISR of partitions. Two writers share these znodes: the leader changes the ISR by compare-and-set on the
/// znode's version, the controller (<see cref="PartitionStateWrites"/>) also checks its own epoch. A lost reply or a refused write is
/// always settled by reading back; this is what makes Kafka's endless "cached zkVersion not equal" loop impossible.
/// Remembers nothing.
/// </summary>
public sealed class PartitionStateStore(IZooKeeper zk, ILogger<PartitionStateStore>? log = null)
{
    /// <summary>
    /// The states of many partitions in few round trips. Partitions without a state znode are left out; so are those whose znode holds junk
    /// (reported in the log).
    /// </summary>
    public async Task<IReadOnlyDictionary<(string Topic, int Partition), VersionedPartitionState>> ReadAsync(
        IReadOnlyCollection<(string Topic, int Partition)> partitions, CancellationToken ct = default)
    {
        var paths = partitions.Select(p => PartitionStateNode.Path(p.Topic, p.Partition)).ToList();
        var results = await Batches.GetAsync(zk, paths, ct);
        var states = new Dictionary<(string, int), VersionedPartitionState>(partitions.Count);
        foreach (var ((topic, partition), result) in partitions.Zip(results))
            if (Decode(topic, partition, result) is { } state) states[(topic, partition)] = state;
        return states;
    }

    /// <summary>The state of one partition; null when it has none.</summary>
    /// <exception cref="ZNodeFormatException">the znode holds junk.</exception>
    public async Task<VersionedPartitionState?> ReadAsync(string topic, int partition, CancellationToken ct = default)
    {
        string path = PartitionStateNode.Path(topic, partition);
        var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(path, watch: false, ct));
        return node is null ? null : new VersionedPartitionState(PartitionStateNode.Decode(topic, partition, node.Data), new ZkVersion(node.Stat.Version));
    }

    /// <summary>
    /// The leader's compare-and-set. On a refused write or a lost reply the znode is read back: if it holds what was wanted, the
    /// write had landed; if its version is still the expected one, it had not and is tried again; else somebody else wrote.
    /// </summary>
    /// <exception cref="ZooKeeperException">SessionExpired: the outcome is unknown, and no longer ours to decide.</exception>
    public async Task<IsrWriteResult> TryUpdateAsync(
        string topic, int partition, PartitionState wanted, ZkVersion expectedZkVersion, CancellationToken ct = default)
    {
        string path = PartitionStateNode.Path(topic, partition);
        byte[] data = PartitionStateNode.Encode(wanted);
        while (true)
        {
            try
            {
                var stat = await zk.SetAsync(path, data, expectedZkVersion.Value, ct);
                return new IsrWriteResult(true, new VersionedPartitionState(wanted, new ZkVersion(stat.Version)));
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.BadVersion or ZooKeeperError.NoNode)
            {
                var current = await ReadAsync(topic, partition, ct);
                if (current is null) return new IsrWriteResult(false, null);
                if (current.ZkVersion == expectedZkVersion) continue;
                return new IsrWriteResult(current.State.Equals(wanted), current);
            }
        }
    }

    private VersionedPartitionState? Decode(string topic, int partition, ZooKeeperReadResult result)
    {
        if (result.Error == ZooKeeperError.NoNode) return null;
        if (result.Error != ZooKeeperError.Ok || result.Data is null || result.Stat is null)
        {
            string path = PartitionStateNode.Path(topic, partition);
            throw new ZooKeeperException(result.Error, path, $"Reading {path} failed: {result.Error}.");
        }
        try
        {
            return new VersionedPartitionState(PartitionStateNode.Decode(topic, partition, result.Data), new ZkVersion(result.Stat.Version));
        }
        catch (ZNodeFormatException e)
        {
            log?.LogError("{Reason}", e.Message);
            return null;
        }
    }
}
