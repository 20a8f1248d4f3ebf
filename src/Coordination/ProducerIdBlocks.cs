using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>
/// Producer ids are given to brokers in blocks of <see cref="BlockSize"/>, so that handing one out costs no trip to ZooKeeper. A block is claimed
/// by compare-and-set on <c>/latest_producer_id_block</c>; a lost reply, like a broker that dies, leaves a gap, which harms nobody:
/// ids need only be unique. Remembers nothing. (Kafka: ZkProducerIdManager.)
/// </summary>
public sealed class ProducerIdBlocks(IZooKeeper zk)
{
    public const int BlockSize = 1000;

    /// <summary>First id of a block no other broker has: this one and the next 999 are the caller's.</summary>
    /// <exception cref="InvalidOperationException">All 2^63 ids are given away.</exception>
    public async Task<long> ClaimAsync(int brokerId, CancellationToken ct = default)
    {
        while (true)
        {
            var node = await LostReplies.RepeatAsync(() => zk.GetAsync(ProducerIdBlockNode.Path, watch: false, ct));
            long start = ProducerIdBlockNode.Decode(node.Data) is { } last ? checked(last.End + 1) : 0;
            if (start > long.MaxValue - BlockSize)
                throw new InvalidOperationException($"{ProducerIdBlockNode.Path} ends at {start - 1}: there are no producer ids left");
            try
            {
                var mine = new ProducerIdBlockNode(brokerId, start, start + BlockSize - 1);
                await zk.SetAsync(ProducerIdBlockNode.Path, mine.Encode(), node.Stat.Version, ct);
                return start;
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.BadVersion or ZooKeeperError.ConnectionLoss)
            {
                continue;   // another broker was first, or we cannot know: read again and take the next
            }
        }
    }
}
