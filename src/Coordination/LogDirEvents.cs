using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>How a broker tells the controller that one of its log directories failed. Remembers nothing.</summary>
public sealed class LogDirEvents(IZooKeeper zk)
{
    /// <summary>Written twice after a lost reply is harmless: it is only a hint to ask the broker.</summary>
    public Task WriteAsync(int brokerId, CancellationToken ct = default) =>
        LostReplies.RepeatAsync(() => zk.CreateAsync(LogDirEventNode.Prefix, LogDirEventNode.Encode(brokerId), CreateMode.PersistentSequential, ct));
}
