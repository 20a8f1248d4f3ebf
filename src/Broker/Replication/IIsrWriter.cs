using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>The seam to ZooKeeper for ISR changes; a unit test plays lost replies and other writers here.</summary>
public interface IIsrWriter
{
    /// <summary>One compare-and-set; see <see cref="PartitionStateStore.TryUpdateAsync"/>.</summary>
    Task<IsrWriteResult> WriteAsync(TopicPartition id, IsrProposal proposal, CancellationToken ct);

    /// <summary>Tells the controller which ISRs changed.</summary>
    Task AnnounceAsync(IReadOnlyCollection<TopicPartition> changed, CancellationToken ct);
}

/// <summary>ISR changes to the <c>state</c> znodes and to <c>/isr_change_notification</c>.</summary>
public sealed class ZooKeeperIsrWriter(PartitionStateStore states, IsrChangeNotifications notifications) : IIsrWriter
{
    public Task<IsrWriteResult> WriteAsync(TopicPartition id, IsrProposal proposal, CancellationToken ct) =>
        states.TryUpdateAsync(id.Topic, id.Partition, proposal.Wanted, proposal.ExpectedZkVersion, ct);

    public Task AnnounceAsync(IReadOnlyCollection<TopicPartition> changed, CancellationToken ct) =>
        notifications.WriteAsync([.. changed.Select(static id => (id.Topic, id.Partition))], ct);
}
