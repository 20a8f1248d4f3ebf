using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Who has to be told what after a decision. Pure: built from the new state, handed to the <see cref="OrderSender"/>.
/// Owner: the decision that builds it.
/// </summary>
public sealed class OrderPlan(ControllerState state)
{
    private readonly List<LiveBroker> _live = state.LiveBrokers();
    private readonly Dictionary<int, BrokerOrders> _byBroker = [];

    public IReadOnlyDictionary<int, BrokerOrders> ByBroker => _byBroker;

    /// <summary>Tells the replicas of partitions their role (only those on <paramref name="only"/>, when given) and everybody the new metadata.</summary>
    public OrderPlan Lead(IEnumerable<TopicPartition> partitions, bool isNew = false, IReadOnlySet<int>? only = null)
    {
        foreach (var partition in partitions)
        {
            if (LeadershipOf(partition, isNew) is not { } order) continue;
            foreach (int replica in order.Replicas)
                if (state.IsUp(replica) && (only is null || only.Contains(replica))) For(replica).Leadership[partition] = order;
        }
        return this;
    }

    /// <summary>Tells every live broker what clients are to be told about these partitions.</summary>
    public OrderPlan Tell(IEnumerable<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (MetadataOf(partition) is not { } metadata) continue;
            foreach (int broker in state.Brokers.Keys) For(broker).Metadata[partition] = metadata;
        }
        return this;
    }

    /// <summary>Tells every live broker to forget these partitions: their topic is being deleted.</summary>
    public OrderPlan Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            var gone = new PartitionMetadata
            {
                Topic = partition.Topic,
                Partition = partition.Partition,
                TopicId = state.Topics.TryGetValue(partition.Topic, out var topic) ? topic.TopicId : Guid.Empty,
                Leader = PartitionMetadata.LeaderDeleted,
                LeaderEpoch = PartitionMetadata.LeaderDeleted,
                ControllerEpoch = state.Term.Epoch.Value,
            };
            foreach (int broker in state.Brokers.Keys) For(broker).Metadata[partition] = gone;
        }
        return this;
    }

    /// <summary>Tells every live broker who is alive.</summary>
    public OrderPlan TellBrokers()
    {
        foreach (int broker in state.Brokers.Keys) For(broker).BrokersFirst = true;
        return this;
    }

    /// <summary>Tells these brokers everything.</summary>
    public OrderPlan TellAll(IEnumerable<int> brokers)
    {
        var all = state.AllPartitions().Select(partition => (partition, MetadataOf(partition))).Where(pair => pair.Item2 is not null).ToList();
        foreach (int broker in brokers)
        {
            var orders = For(broker);
            orders.Full = orders.BrokersFirst = true;
            foreach (var (partition, metadata) in all) orders.Metadata[partition] = metadata!;
        }
        return this;
    }

    /// <summary>
    /// Tells a broker to stop one replica; nothing when it is not up, because it learns when it comes back. Fenced by the leader epoch, so that a
    /// late one cannot end a replica that was placed there again meanwhile (KAFKA-9539).
    /// </summary>
    public OrderPlan Stop(int broker, TopicPartition partition, bool delete) =>
        Stop(broker, partition, delete, state.Partitions.GetValueOrDefault(partition)?.State.LeaderEpoch ?? LeaderEpoch.None);

    /// <summary>Tells a broker to delete one replica because its topic goes; fenced by the topic id.</summary>
    public OrderPlan Delete(int broker, TopicPartition partition) => Stop(broker, partition, delete: true, new LeaderEpoch(PartitionMetadata.LeaderDeleted));

    private OrderPlan Stop(int broker, TopicPartition partition, bool delete, LeaderEpoch leaderEpoch)
    {
        if (!state.IsUp(broker)) return this;
        For(broker).Stops[partition] = new StoppedPartition
        {
            Topic = partition.Topic,
            Partition = partition.Partition,
            TopicId = state.Topics.TryGetValue(partition.Topic, out var topic) ? topic.TopicId : Guid.Empty,
            LeaderEpoch = leaderEpoch.Value,
            Delete = delete,
        };
        return this;
    }

    private BrokerOrders For(int broker)
    {
        if (!_byBroker.TryGetValue(broker, out var orders)) _byBroker[broker] = orders = new BrokerOrders { LiveBrokers = _live };
        return orders;
    }

    private PartitionOrder? LeadershipOf(TopicPartition partition, bool isNew)
    {
        if (!state.Partitions.TryGetValue(partition, out var stored) || !state.Topics.TryGetValue(partition.Topic, out var topic)) return null;
        return new PartitionOrder
        {
            Topic = partition.Topic,
            TopicId = topic.TopicId,
            Partition = partition.Partition,
            ControllerEpoch = stored.State.ControllerEpoch.Value,
            Leader = stored.State.Leader,
            LeaderEpoch = stored.State.LeaderEpoch.Value,
            Isr = [.. stored.State.Isr],
            ZkVersion = stored.ZkVersion.Value,
            Replicas = state.Replicas(partition),
            IsNew = isNew,
            Adding = topic.Adding.GetValueOrDefault(partition.Partition) ?? [],
            Removing = topic.Removing.GetValueOrDefault(partition.Partition) ?? [],
            LeaderRecoveryState = stored.State.LeaderRecoveryState,
        };
    }

    private PartitionMetadata? MetadataOf(TopicPartition partition)
    {
        int[] replicas = state.Replicas(partition);
        if (replicas.Length == 0) return null;
        var stored = state.Partitions.GetValueOrDefault(partition);
        return new PartitionMetadata
        {
            Topic = partition.Topic,
            TopicId = state.Topics[partition.Topic].TopicId,
            Partition = partition.Partition,
            Leader = stored?.State.Leader ?? -1,
            LeaderEpoch = stored?.State.LeaderEpoch.Value ?? -1,
            ControllerEpoch = (stored?.State.ControllerEpoch ?? state.Term.Epoch).Value,
            Isr = stored is null ? [] : [.. stored.State.Isr],
            ZkVersion = (stored?.ZkVersion ?? ZkVersion.Create).Value,
            Replicas = replicas,
            OfflineReplicas = [.. replicas.Where(replica => !state.HasReplica(replica, partition))],
        };
    }
}
