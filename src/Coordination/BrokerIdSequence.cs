using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>
/// Broker ids for brokers that were configured without one (<c>broker.id=-1</c>): each write to <c>/brokers/seqid</c>
/// raises its version, and the version plus <c>reserved.broker.max.id</c> is an id nobody else got. A lost reply skips a number, which is harmless.
/// </summary>
public sealed class BrokerIdSequence(IZooKeeper zk)
{
    /// <param name="reservedMaxId">Kafka's <c>reserved.broker.max.id</c>, default 1000: ids up to it are for people.</param>
    public async Task<int> NextAsync(int reservedMaxId = 1000, CancellationToken ct = default)
    {
        var stat = await LostReplies.RepeatAsync(() => zk.SetAsync(ZNodeTree.BrokerSeqId, default, -1, ct));
        return reservedMaxId + stat.Version;
    }
}
