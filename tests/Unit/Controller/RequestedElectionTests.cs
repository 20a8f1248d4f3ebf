using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Controller;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Unit.Controller;

public sealed class RequestedElectionTests : IAsyncDisposable
{
    private static readonly TopicPartition T0 = new("t", 0);
    private readonly ControllerBench _bench = new(new ControllerRules { ImbalanceCheckInterval = TimeSpan.FromSeconds(60) });

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_preferred_election_is_held_where_it_is_needed_and_possible()
    {
        await StartAsync([2, 3]);
        await BounceAsync(2);

        Assert.Equal(ErrorCode.PreferredLeaderNotAvailable, await ElectAsync(ElectionKind.Preferred, T0));
        _bench.LeaderWrites("t", 0, 3, 2);
        await ControllerBench.UntilAsync(() => !_bench.ZooKeeper.HasChildren(IsrChangeNode.Parent));

        Assert.Equal(ErrorCode.None, await ElectAsync(ElectionKind.Preferred, T0));
        Assert.Equal(2, _bench.State("t", 0)!.Leader);
        Assert.Equal(ErrorCode.ElectionNotNeeded, await ElectAsync(ElectionKind.Preferred, T0));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, await ElectAsync(ElectionKind.Preferred, new TopicPartition("none", 0)));
    }

    [Fact]
    public async Task An_unclean_election_is_held_only_without_a_live_leader()
    {
        await StartAsync([2, 3]);
        Assert.Equal(ErrorCode.ElectionNotNeeded, await ElectAsync(ElectionKind.Unclean, T0));
        _bench.LeaderWrites("t", 0, 2);
        _bench.Kill(2);
        await ControllerBench.UntilAsync(() => _bench.State("t", 0) is { Leader: -1, Isr: [2] });

        Assert.Equal(ErrorCode.None, await ElectAsync(ElectionKind.Unclean, T0));

        Assert.True(_bench.State("t", 0) is { Leader: 3, Isr: [3], LeaderRecoveryState: 1 });
    }

    [Fact]
    public async Task Leaders_go_home_when_too_many_are_away()
    {
        await StartAsync([2, 3]);
        await BounceAsync(2);
        _bench.LeaderWrites("t", 0, 3, 2);
        await ControllerBench.UntilAsync(() => !_bench.ZooKeeper.HasChildren(IsrChangeNode.Parent));

        _bench.Time.Advance(TimeSpan.FromSeconds(65));

        await ControllerBench.UntilAsync(() => _bench.State("t", 0)!.Leader == 2);
    }

    [Fact]
    public async Task KAFKA_5083_the_last_of_the_isr_stays_in_it_and_leads_again_when_it_is_back()
    {
        await StartAsync([2, 3]);
        _bench.LeaderWrites("t", 0, 2);
        _bench.Kill(2);
        await ControllerBench.UntilAsync(() => _bench.State("t", 0) is { Leader: -1, Isr: [2] });

        _bench.Register(2);

        await ControllerBench.UntilAsync(() => _bench.State("t", 0) is { Leader: 2, Isr: [2], LeaderRecoveryState: 0 });
    }

    [Fact]
    public async Task KAFKA_4443_brokers_hear_who_is_alive_before_they_hear_who_leads()
    {
        await StartAsync([2, 3]);

        foreach (int broker in new[] { 1, 2, 3 })
        {
            var first = _bench.Orders.First(sent => sent.Broker == broker).Order;
            Assert.Equal([1, 2, 3], Assert.IsType<UpdateMetadataOrder>(first).Brokers.Select(one => one.Id));
        }
    }

    [Fact]
    public async Task KAFKA_7235_a_bounced_broker_is_spoken_to_under_its_new_epoch_only()
    {
        await StartAsync([2, 3]);
        var former = _bench.EpochOf(3);
        _bench.Kill(3);
        _bench.Register(3);
        var now = _bench.EpochOf(3);
        await ControllerBench.UntilAsync(() => _bench.Orders.Any(sent => sent.Broker == 3 && sent.Order is LeaderAndIsrOrder order && order.BrokerEpoch == now.Value));

        var epochs = _bench.Orders.Where(sent => sent.Broker == 3).Select(sent => ((IFencedOrder)sent.Order).BrokerEpoch).ToList();
        Assert.Equal(epochs.Order(), epochs);
        Assert.True(former < now);
    }

    [Fact]
    public async Task KAFKA_5502_what_an_event_decides_by_is_read_when_it_is_handled()
    {
        await StartAsync([2, 3]);
        // Announced once, written again before the controller looks: the newest is what everybody hears.
        _bench.ZooKeeper.Apply(new ZooKeeperOp.Set(PartitionStateNode.Path("t", 0), PartitionStateNode.Encode(_bench.State("t", 0)! with { Isr = [2] }), -1));
        _bench.LeaderWrites("t", 0, 2, 3);

        await ControllerBench.UntilAsync(() => _bench.Orders.Select(sent => sent.Order).OfType<UpdateMetadataOrder>()
            .SelectMany(order => order.Partitions).LastOrDefault(one => one.Topic == "t") is { Isr: [2, 3], ZkVersion: 2 });
    }

    [Fact]
    public async Task A_topic_created_anew_under_its_old_name_has_another_id_and_begins_at_epoch_0()
    {
        var before = await StartAsync([2, 3]);
        _bench.ZooKeeper.Apply(new ZooKeeperOp.Create(DeleteTopicNode.Path("t"), [], CreateMode.Persistent));
        await ControllerBench.UntilAsync(() => _bench.ZooKeeper[TopicNode.Path("t")] is null);

        var after = await _bench.TopicAsync("t", [3, 2]);

        await ControllerBench.UntilAsync(() => _bench.Led(3, "t", 0).Any(order => order.TopicId == after && order.IsNew && order.LeaderEpoch == 0));
        Assert.All(_bench.Stopped(3, "t"), stop => Assert.Equal(before, stop.TopicId));
    }

    [Fact]
    public async Task A_deletion_waits_for_a_dead_broker_and_goes_on_when_it_is_back()
    {
        await StartAsync([2, 3]);
        _bench.Kill(3);
        await ControllerBench.UntilAsync(() => _bench.State("t", 0) is { Isr: [2] });
        _bench.ZooKeeper.Apply(new ZooKeeperOp.Create(DeleteTopicNode.Path("t"), [], CreateMode.Persistent));
        await ControllerBench.UntilAsync(() => _bench.Stopped(2, "t").Any());
        Assert.NotNull(_bench.ZooKeeper[TopicNode.Path("t")]);

        _bench.Register(3);

        await ControllerBench.UntilAsync(() => _bench.ZooKeeper[TopicNode.Path("t")] is null);
    }

    [Fact]
    public async Task A_broker_that_changes_its_address_is_announced_to_all()
    {
        await StartAsync([2, 3]);
        var moved = new BrokerRegistration(3, [new("CONTROLPLANE", "PLAINTEXT", "elsewhere", 9999)], "b", BrokerEpoch.None);

        _bench.ZooKeeper.Apply(new ZooKeeperOp.Set(BrokerIdNode.Path(3), BrokerIdNode.Encode(moved, 0), -1));

        await ControllerBench.UntilAsync(() => _bench.Orders.Any(sent => sent.Broker == 2 && sent.Order is UpdateMetadataOrder order
            && order.Brokers.Any(one => one is { Id: 3, Rack: "b" } && one.Endpoints[0].Host == "elsewhere")));
    }

    [Fact]
    public async Task A_failover_of_ten_thousand_partitions_costs_at_most_20_and_a_hundredth_of_them_in_requests()
    {
        await _bench.StartAsync();
        for (int topic = 0; topic < 100; topic++)
            _bench.CreateTopic($"many-{topic}", [.. Enumerable.Range(0, 100).Select(partition => new[] { 1 + (partition % 3), 1 + ((partition + 1) % 3) })]);
        await ControllerBench.UntilAsync(() => Enumerable.Range(0, 100).All(topic => _bench.State($"many-{topic}", 99) is not null && _bench.State($"many-{topic}", 0) is not null));
        await ControllerBench.UntilAsync(() => _bench.Controller.IsActive);
        int before = _bench.ZooKeeper.Requests;

        // The controller's term ends and a third of all leaders is gone: everything is read, two thirds are written.
        _bench.Kill(3);
        _bench.EndTerm();

        await ControllerBench.UntilAsync(() => Enumerable.Range(0, 10_000).All(i => !_bench.State($"many-{i / 100}", i % 100)!.Isr.Contains(3)));
        await ControllerBench.UntilAsync(() => _bench.Controller.IsActive);
        int requests = _bench.ZooKeeper.Requests - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{requests} requests");
        Assert.InRange(requests, 1, 20 + (10_000 / 100));
    }

    private async Task<Guid> StartAsync(params int[][] replicas)
    {
        await _bench.StartAsync();
        return await _bench.TopicAsync("t", replicas);
    }

    private async Task BounceAsync(int broker)
    {
        _bench.Kill(broker);
        await ControllerBench.UntilAsync(() => _bench.State("t", 0)!.Leader != broker);
        _bench.Register(broker);
        await ControllerBench.UntilAsync(() => _bench.Orders.Any(sent => sent.Broker == broker && ((IFencedOrder)sent.Order).BrokerEpoch == _bench.EpochOf(broker).Value));
    }

    private async Task<ErrorCode> ElectAsync(ElectionKind kind, TopicPartition partition)
    {
        var outcomes = await _bench.Controller.ElectAsync(kind, [partition], TestContext.Current.CancellationToken);
        return outcomes![partition].Error;
    }
}
