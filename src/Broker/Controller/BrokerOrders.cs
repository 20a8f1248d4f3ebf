using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// What one broker has to be told. Sent in this order: the live brokers (and, when <see cref="Full"/>, all metadata) so that every name
/// that follows can be resolved; then leadership; then changed metadata, so that a leader knows of its role before clients do; then
/// replicas to stop. A later set is merged into one that still waits: for each partition only the newest word counts.
/// That also bounds it: never more entries than there are partitions.
/// </summary>
public sealed class BrokerOrders
{
    public Dictionary<TopicPartition, PartitionOrder> Leadership { get; } = [];

    public Dictionary<TopicPartition, PartitionMetadata> Metadata { get; } = [];

    public Dictionary<TopicPartition, StoppedPartition> Stops { get; } = [];

    /// <summary>Brokers alive when the newest part was decided.</summary>
    public List<LiveBroker> LiveBrokers { get; set; } = [];

    /// <summary>Send the live brokers before all else.</summary>
    public bool BrokersFirst { get; set; }

    /// <summary><see cref="Metadata"/> is everything there is and replaces what the receiver knows; implies <see cref="BrokersFirst"/>.</summary>
    public bool Full { get; set; }

    /// <summary>
    /// Takes over a later set. False, and nothing taken, when that would turn the order of events round: a partition to
    /// be stopped here is led or followed again there (its topic was created anew), so the stop has to be answered first.
    /// </summary>
    public bool TryMerge(BrokerOrders later)
    {
        if (Stops.Count > 0 && later.Leadership.Keys.Any(Stops.ContainsKey)) return false;
        if (later.Full) Metadata.Clear();
        foreach (var (partition, order) in later.Leadership)
        {
            bool stillNew = order.IsNew || (Leadership.TryGetValue(partition, out var waiting) && waiting.IsNew && waiting.TopicId == order.TopicId);
            Leadership[partition] = stillNew == order.IsNew ? order : AsNew(order);
        }
        foreach (var (partition, metadata) in later.Metadata) Metadata[partition] = metadata;
        foreach (var (partition, stop) in later.Stops)
            Stops[partition] = stop.Delete || !Stops.TryGetValue(partition, out var waiting) || !waiting.Delete ? stop : waiting;
        LiveBrokers = later.LiveBrokers;
        BrokersFirst |= later.BrokersFirst;
        Full |= later.Full;
        return true;
    }

    private static PartitionOrder AsNew(PartitionOrder order) => new()
    {
        Topic = order.Topic,
        TopicId = order.TopicId,
        Partition = order.Partition,
        ControllerEpoch = order.ControllerEpoch,
        Leader = order.Leader,
        LeaderEpoch = order.LeaderEpoch,
        Isr = order.Isr,
        ZkVersion = order.ZkVersion,
        Replicas = order.Replicas,
        IsNew = true,
        Adding = order.Adding,
        Removing = order.Removing,
        LeaderRecoveryState = order.LeaderRecoveryState,
    };
}
