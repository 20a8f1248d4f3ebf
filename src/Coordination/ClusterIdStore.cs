using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>The id of the cluster, made once by whichever broker comes first. Remembers nothing.</summary>
public sealed class ClusterIdStore(IZooKeeper zk)
{
    /// <summary>22 characters of url-safe base64.</summary>
    public async Task<string> ReadOrCreateAsync(CancellationToken ct = default)
    {
        string fresh = KafkaUuid.Format(KafkaUuid.Fresh());
        while (true)
        {
            var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(ClusterIdNode.Path, watch: false, ct));
            if (node is not null) return ClusterIdNode.Decode(node.Data);
            try
            {
                await zk.CreateAsync(ClusterIdNode.Path, ClusterIdNode.Encode(fresh), CreateMode.Persistent, ct);
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists or ZooKeeperError.ConnectionLoss)
            {
                continue;   // read whose it became
            }
        }
    }
}
