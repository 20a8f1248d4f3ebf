using System.Collections.Concurrent;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Controller;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Controller;

/// <summary>A real controller over znodes in memory, and brokers that take every order and remember it.</summary>
internal sealed class ControllerBench : IBrokerChannel, IAsyncDisposable
{
    private readonly ConcurrentQueue<(int Broker, object Order)> _orders = new();

    public ControllerBench(ControllerRules? rules = null)
    {
        foreach (var path in new[]
        {
            "/brokers", BrokerIdNode.Parent, TopicNode.Parent, "/config", "/config/topics", "/admin", DeleteTopicNode.Parent, IsrChangeNode.Parent, LogDirEventNode.Parent,
        })
            ZooKeeper.Apply(new ZooKeeperOp.Create(path, [], CreateMode.Persistent));
        var states = new PartitionStateStore(ZooKeeper);
        var topics = new TopicStore(ZooKeeper);
        var effects = new ControllerEffects(ZooKeeper, new BrokerRegistry(ZooKeeper, Time, NullLogger<BrokerRegistry>.Instance), topics, states,
            new PartitionStateWrites(ZooKeeper, states), new AssignmentWrites(ZooKeeper, topics, states), new AdminWishes(ZooKeeper), new LogDirEvents(ZooKeeper),
            new IsrChangeNotifications(ZooKeeper), new ConfigStore(ZooKeeper), new OrderSender(this, Time, NullLogger<OrderSender>.Instance),
            rules ?? new ControllerRules(), Time, NullLogger<Broker.Controller.Controller>.Instance);
        Controller = new Broker.Controller.Controller(Identity, new ControllerSeat(ZooKeeper, Identity.BrokerId, Time), effects);
    }

    public MemoryZooKeeper ZooKeeper { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public BrokerIdentity Identity { get; } = new(1);

    public Broker.Controller.Controller Controller { get; }

    /// <summary>(broker, partition) pairs answered with KAFKA_STORAGE_ERROR.</summary>
    public ConcurrentDictionary<(int Broker, TopicPartition Partition), bool> BrokenDisks { get; } = new();

    public IReadOnlyList<(int Broker, object Order)> Orders => [.. _orders];

    /// <summary>Brokers 1 … n are registered and the controller (broker 1) is in office.</summary>
    public async Task StartAsync(int brokers = 3)
    {
        for (int id = 1; id <= brokers; id++) Register(id);
        Identity.BrokerEpoch = EpochOf(1);
        await Controller.StartAsync();
        await UntilAsync(() => Controller.IsActive);
    }

    public BrokerEpoch EpochOf(int id) => new(ZooKeeper[BrokerIdNode.Path(id)]!.Stat.Czxid);

    public void Register(int id, int port = 9092, string? rack = null) => ZooKeeper.Apply(new ZooKeeperOp.Create(BrokerIdNode.Path(id), BrokerIdNode.Encode(
        new BrokerRegistration(id, [new("CONTROLPLANE", "PLAINTEXT", $"host{id}", port)], rack, BrokerEpoch.None), 0), CreateMode.Persistent));

    public void Kill(int id) => ZooKeeper.Apply(new ZooKeeperOp.Delete(BrokerIdNode.Path(id), -1));

    /// <summary>Another broker takes the seat for a moment and is gone again: the term of our controller is over, and it has to win another.</summary>
    public void EndTerm()
    {
        var epoch = ControllerEpochNode.Decode(ZooKeeper[ControllerEpochNode.Path]!.Data);
        ZooKeeper.Apply(new ZooKeeperOp.Set(ControllerEpochNode.Path, ControllerEpochNode.Encode(epoch.Next), -1));
        if (ZooKeeper[ControllerNode.Path] is not null) ZooKeeper.Apply(new ZooKeeperOp.Delete(ControllerNode.Path, -1));
    }

    public Guid CreateTopic(string topic, params int[][] replicas)
    {
        var id = KafkaUuid.Fresh();
        var assignment = new TopicAssignment(topic, id, Enumerable.Range(0, replicas.Length).ToDictionary(i => i, i => replicas[i]));
        ZooKeeper.Apply(new ZooKeeperOp.Create(TopicNode.Path(topic), TopicNode.Encode(assignment), CreateMode.Persistent));
        return id;
    }

    /// <summary>A topic whose partitions have leaders.</summary>
    public async Task<Guid> TopicAsync(string topic, params int[][] replicas)
    {
        var id = CreateTopic(topic, replicas);
        await UntilAsync(() => Enumerable.Range(0, replicas.Length).All(partition => State(topic, partition) is { Leader: >= 0 }));
        return id;
    }

    public PartitionState? State(string topic, int partition) =>
        ZooKeeper[PartitionStateNode.Path(topic, partition)] is { } node ? PartitionStateNode.Decode(topic, partition, node.Data) : null;

    public TopicAssignment? Assignment(string topic) =>
        ZooKeeper[TopicNode.Path(topic)] is { } node ? TopicNode.Decode(topic, node.Data, new ZkVersion(node.Stat.Version)) : null;

    /// <summary>The leader writes its ISR, as leaders do, and announces it.</summary>
    public void LeaderWrites(string topic, int partition, params int[] isr)
    {
        ZooKeeper.Apply(new ZooKeeperOp.Set(PartitionStateNode.Path(topic, partition), PartitionStateNode.Encode(State(topic, partition)! with { Isr = isr }), -1));
        ZooKeeper.Apply(new ZooKeeperOp.Create(IsrChangeNode.Prefix, IsrChangeNode.Encode([(topic, partition)]), CreateMode.PersistentSequential));
    }

    public async Task<RequestOutcome> ReassignAsync(string topic, int partition, int[]? target)
    {
        var key = new TopicPartition(topic, partition);
        var outcomes = await Controller.ReassignAsync(new Dictionary<TopicPartition, int[]?> { [key] = target }, TestContext.Current.CancellationToken);
        return outcomes?[key] ?? new RequestOutcome(ErrorCode.NotController);
    }

    public IEnumerable<PartitionOrder> Led(int broker, string topic, int partition) =>
        Orders.Where(sent => sent.Broker == broker).Select(sent => sent.Order).OfType<LeaderAndIsrOrder>().SelectMany(order => order.Partitions)
            .Where(order => order.Topic == topic && order.Partition == partition);

    public IEnumerable<StoppedPartition> Stopped(int broker, string topic) =>
        Orders.Where(sent => sent.Broker == broker).Select(sent => sent.Order).OfType<StopReplicaOrder>().SelectMany(order => order.Partitions)
            .Where(stop => stop.Topic == topic);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                if (condition()) return;
            }
            catch (InvalidOperationException)
            {
                // The tree changed under the look; look again.
            }
            await Task.Delay(2, deadline.Token);
        }
    }

    public Task<TAnswer> SendAsync<TOrder, TAnswer>(BrokerAddress to, TOrder order, CancellationToken ct)
        where TOrder : class
        where TAnswer : class, IControlPlaneAnswer
    {
        _orders.Enqueue((to.BrokerId, order));
        object answer = order switch
        {
            LeaderAndIsrOrder lead => new LeaderAndIsrAnswer
            {
                Partitions = lead.Partitions.ConvertAll(one => new PartitionAnswer
                {
                    Topic = one.Topic,
                    Partition = one.Partition,
                    ErrorCode = BrokenDisks.ContainsKey((to.BrokerId, new TopicPartition(one.Topic, one.Partition))) ? (short)ErrorCode.KafkaStorageError : (short)0,
                }),
            },
            StopReplicaOrder stop => new StopReplicaAnswer
            {
                Partitions = stop.Partitions.ConvertAll(one => new PartitionAnswer { Topic = one.Topic, Partition = one.Partition }),
            },
            _ => new UpdateMetadataAnswer(),
        };
        return Task.FromResult((TAnswer)answer);
    }

    public async ValueTask DisposeAsync() => await Controller.StopAsync();
}
