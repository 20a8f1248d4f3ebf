using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>What became of the write, and what is stored now: a topic that is gone is null, a partition without a state is absent.</summary>
public sealed record AssignmentWriteResult(
    bool Written, TopicAssignment? Topic, IReadOnlyDictionary<(string Topic, int Partition), VersionedPartitionState> States);

/// <summary>
/// Replicas of a topic together with leader and ISR of the partitions concerned, in one transaction behind the controller's fence. So no ISR ever names a
/// broker outside the replicas, and no crash leaves one half written (KAFKA-9672). Every znode is written by compare-and-set; a refused write or a lost
/// reply is settled by reading everything back. Remembers nothing.
/// </summary>
public sealed class AssignmentWrites(IZooKeeper zk, TopicStore topics, PartitionStateStore states)
{
    /// <summary>Most partition states in one write.</summary>
    public const int MaxStates = Batches.Size;

    /// <exception cref="ControllerMovedException">another controller was elected.</exception>
    public async Task<AssignmentWriteResult> WriteAsync(
        TopicAssignment topic, IReadOnlyList<PartitionStateWrite> changes, ControllerTerm term, CancellationToken ct = default)
    {
        ZooKeeperOp[] steps =
        [
            new ZooKeeperOp.Set(TopicNode.Path(topic.Topic), TopicNode.Encode(topic), topic.ZkVersion.Value),
            .. changes.Select(write => new ZooKeeperOp.Set(
                PartitionStateNode.Path(write.Topic, write.Partition), PartitionStateNode.Encode(write.State), write.ExpectedZkVersion.Value)),
        ];
        while (true)
        {
            try
            {
                await PartitionStateWrites.FencedMultiAsync(zk, steps, term, ct);
                return new AssignmentWriteResult(true, topic with { ZkVersion = topic.ZkVersion.Next },
                    changes.ToDictionary(write => (write.Topic, write.Partition), write => new VersionedPartitionState(write.State, write.ExpectedZkVersion.Next)));
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.BadVersion or ZooKeeperError.NoNode)
            {
                var (current, stored) = await ReadBackAsync(topic.Topic, changes, ct);
                bool untouched = current?.ZkVersion == topic.ZkVersion
                    && changes.All(write => stored.GetValueOrDefault((write.Topic, write.Partition))?.ZkVersion == write.ExpectedZkVersion);
                if (!untouched) return new AssignmentWriteResult(Landed(topic, changes, current, stored), current, stored);
            }
        }
    }

    private async Task<(TopicAssignment?, IReadOnlyDictionary<(string, int), VersionedPartitionState>)> ReadBackAsync(
        string topic, IReadOnlyList<PartitionStateWrite> changes, CancellationToken ct) =>
        ((await topics.ReadAsync([topic], ct)).GetValueOrDefault(topic),
            await states.ReadAsync([.. changes.Select(write => (write.Topic, write.Partition))], ct));

    // Only this transaction writes these states under this controller epoch and leader epoch together with this assignment.
    private static bool Landed(TopicAssignment topic, IReadOnlyList<PartitionStateWrite> changes, TopicAssignment? current,
        IReadOnlyDictionary<(string, int), VersionedPartitionState> stored) =>
        current is not null && TopicNode.Encode(current).AsSpan().SequenceEqual(TopicNode.Encode(topic))
        && changes.All(write => stored.GetValueOrDefault((write.Topic, write.Partition))?.State.Equals(write.State) == true);
}
