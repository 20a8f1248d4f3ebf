using ClassicBroker.Broker.Controller;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Unit.Controller;

public sealed class OrderTests
{
    private static readonly TopicPartition T0 = new("t", 0);

    [Fact]
    public void Only_live_replicas_get_a_role_and_every_live_broker_the_metadata()
    {
        var state = View(brokers: [1, 2, 4], replicas: [1, 2, 3], State(1, 0, 1, [1, 2]));

        var plan = new OrderPlan(state).Lead([T0], isNew: true).Tell([T0]);

        Assert.Equal([1, 2], plan.ByBroker.Where(entry => entry.Value.Leadership.ContainsKey(T0)).Select(entry => entry.Key).Order());
        Assert.Equal([1, 2, 4], plan.ByBroker.Keys.Order());
        Assert.Equal([3], plan.ByBroker[4].Metadata[T0].OfflineReplicas);
        Assert.True(plan.ByBroker[1].Leadership[T0].IsNew);
    }

    [Fact]
    public void Waiting_orders_are_merged_and_the_newest_word_counts()
    {
        var waiting = new BrokerOrders { Leadership = { [T0] = new PartitionOrder { LeaderEpoch = 1 } } };

        Assert.True(waiting.TryMerge(new BrokerOrders { Leadership = { [T0] = new PartitionOrder { LeaderEpoch = 2 } } }));

        Assert.Equal(2, waiting.Leadership[T0].LeaderEpoch);
    }

    [Fact]
    public void A_replica_that_was_never_told_of_stays_new_when_its_orders_are_merged()
    {
        var waiting = new BrokerOrders { Leadership = { [T0] = new PartitionOrder { LeaderEpoch = 0, IsNew = true } } };

        waiting.TryMerge(new BrokerOrders { Leadership = { [T0] = new PartitionOrder { LeaderEpoch = 1, IsNew = false } } });

        Assert.True(waiting.Leadership[T0].IsNew);
        Assert.Equal(1, waiting.Leadership[T0].LeaderEpoch);
    }

    [Fact]
    public void A_topic_created_anew_is_not_merged_before_the_deletion_of_the_old_one()
    {
        var waiting = new BrokerOrders { Stops = { [T0] = new StoppedPartition { Delete = true } } };

        Assert.False(waiting.TryMerge(new BrokerOrders { Leadership = { [T0] = new PartitionOrder() } }));
        Assert.Empty(waiting.Leadership);
    }

    [Fact]
    public void A_bounced_broker_is_gone_and_come()
    {
        var before = new[] { Broker(1, 10), Broker(2, 11), Broker(3, 12) }.ToDictionary(broker => broker.BrokerId);
        var now = new[] { Broker(1, 10), Broker(2, 20), Broker(4, 21) }.ToDictionary(broker => broker.BrokerId);

        var (gone, come) = BrokersChanged.Compare(before, now);

        Assert.Equal([2, 3], gone.Order());
        Assert.Equal([2, 4], come.Select(broker => broker.BrokerId));
    }

    [Fact]
    public void The_fence_refuses_the_past_and_remembers_the_highest_controller()
    {
        var fence = new OrderFence(new BrokerIdentity(1) { BrokerEpoch = new BrokerEpoch(50) });

        Assert.Equal(0, fence.Check(new ControllerEpoch(3), new BrokerEpoch(50)));
        Assert.Equal(0, fence.Check(new ControllerEpoch(4), new BrokerEpoch(60)));
        Assert.Equal(OrderFence.StaleControllerEpoch, fence.Check(new ControllerEpoch(3), new BrokerEpoch(50)));
        Assert.Equal(OrderFence.StaleBrokerEpoch, fence.Check(new ControllerEpoch(4), new BrokerEpoch(49)));
        Assert.Equal(OrderFence.StaleBrokerEpoch, fence.Check(new ControllerEpoch(9), new BrokerEpoch(49)));
        Assert.Equal(new ControllerEpoch(4), fence.HighestControllerEpoch);
    }

    [Fact]
    public void A_deletion_is_confirmed_only_for_a_replica_that_was_told_to_delete()
    {
        var state = View([1], [1, 2], State(1, 0, 1, [1]));
        state = state with
        {
            Deleting = state.Deleting.Add("t", System.Collections.Immutable.ImmutableSortedDictionary<(int Broker, int Partition), ReplicaStatus>.Empty
                .Add((1, 0), ReplicaStatus.DeletionStarted).Add((2, 0), ReplicaStatus.Offline)),
        };

        state = TopicDeletion.Confirm(state, 1, T0);
        state = TopicDeletion.Confirm(state, 2, T0);

        Assert.Equal([(2, 0)], state.Deleting["t"].Keys);
    }

    private static BrokerRegistration Broker(int id, long epoch) => new(id, [new("CONTROLPLANE", "PLAINTEXT", "h", 1)], null, new BrokerEpoch(epoch));

    private static ControllerState View(int[] brokers, int[] replicas, PartitionState stored) => new(1, new ControllerTerm(new ControllerEpoch(1), new ZkVersion(1)))
    {
        Brokers = System.Collections.Immutable.ImmutableDictionary.CreateRange(brokers.Select(id => KeyValuePair.Create(id, Broker(id, id)))),
        Topics = System.Collections.Immutable.ImmutableSortedDictionary<string, TopicAssignment>.Empty.Add("t",
            new TopicAssignment("t", Guid.NewGuid(), new Dictionary<int, int[]> { [0] = replicas })),
        Partitions = System.Collections.Immutable.ImmutableDictionary<TopicPartition, VersionedPartitionState>.Empty.Add(T0, Stored(stored, 0)),
    };
}
