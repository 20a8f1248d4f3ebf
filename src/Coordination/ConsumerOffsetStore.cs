using System.Globalization;
using System.Text;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>
/// Offsets that consumers of before 0.9 keep in ZooKeeper: <c>/consumers/GROUP/offsets/TOPIC/PARTITION</c>, a decimal number as text. Brokers touch them only for
/// version 0 of OffsetCommit and OffsetFetch. Last writer wins, as it always did. Source: ZkData.scala, ConsumerOffset.
/// </summary>
public sealed class ConsumerOffsetStore(IZooKeeper zooKeeper)
{
    public async Task WriteAsync(string group, string topic, int partition, long offset, CancellationToken ct)
    {
        var path = PathOf(group, topic, partition);
        var data = Encoding.UTF8.GetBytes(offset.ToString(CultureInfo.InvariantCulture));
        for (var made = false; ; made = true)
        {
            try
            {
                await zooKeeper.SetAsync(path, data, -1, ct);
                return;
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode && !made)
            {
                await EnsureAsync(path, ct);
            }
        }
    }

    /// <summary>Null when nothing is stored.</summary>
    public async Task<long?> ReadAsync(string group, string topic, int partition, CancellationToken ct)
    {
        var node = await zooKeeper.TryGetAsync(PathOf(group, topic, partition), watch: false, ct);
        return node is not null && long.TryParse(Encoding.UTF8.GetString(node.Data), CultureInfo.InvariantCulture, out var offset) ? offset : null;
    }

    private static string PathOf(string group, string topic, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"/consumers/{group}/offsets/{topic}/{partition}");

    private async Task EnsureAsync(string path, CancellationToken ct)
    {
        for (var slash = path.IndexOf('/', 1); ; slash = path.IndexOf('/', slash + 1))
        {
            try
            {
                await zooKeeper.CreateAsync(slash < 0 ? path : path[..slash], default, CreateMode.Persistent, ct);
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NodeExists)
            {
                // somebody else makes the same path, which is as well
            }
            if (slash < 0) return;
        }
    }
}
