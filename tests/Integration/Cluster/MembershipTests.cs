using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Integration.Cluster;

/// <summary>Brokers come, die and come back; ZooKeeper says who is there.</summary>
[Collection(ClusterCollection.Name)]
public sealed class MembershipTests(ClusterFixture cluster, ITestOutputHelper output)
{
    [Fact]
    public async Task A_broker_started_again_after_kill_9_is_registered_under_a_new_epoch_without_waiting_for_its_old_session()
    {
        await cluster.HealAsync();
        await using var zk = await ZooKeeperAsync();
        var controller = await cluster.ControllerAsync();
        var broker = cluster.Brokers.State.Brokers.Last(b => b.Id != controller).Id;
        var before = await zk.GetAsync(BrokerIdNode.Path(broker));

        await cluster.Brokers.KillBrokerAsync(broker);
        var begun = TimeProvider.System.GetTimestamp();
        await cluster.Brokers.StartBrokerAsync(broker);
        output.WriteLine($"ready {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.00} s after its process was started again");

        var after = await zk.GetAsync(BrokerIdNode.Path(broker));
        Assert.True(after.Stat.Czxid > before.Stat.Czxid);
        Assert.NotEqual(before.Stat.EphemeralOwner, after.Stat.EphemeralOwner);
    }

    [Fact]
    public async Task A_stopped_broker_leaves_at_once_and_hands_its_partitions_over()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync(partitions: 3);
        var leader = await cluster.LeaderAsync(topic);

        Assert.True(await cluster.Brokers.StopBrokerAsync(leader), "the broker had to be killed");

        await using var zk = await ZooKeeperAsync();
        Assert.Null(await zk.TryGetAsync(BrokerIdNode.Path(leader)));
        await ClusterFixture.UntilAsync("every partition has another leader", async () =>
            (await cluster.Admin.DescribeTopicsAsync([topic])).Single().Partitions.All(p => p.Leader >= 0 && p.Leader != leader));
        await cluster.HealAsync();
    }

    private Task<ZooKeeperClient> ZooKeeperAsync() => ZooKeeperClient.ConnectAsync(
        new ZooKeeperOptions { ConnectString = cluster.Ensemble.ConnectString }, TimeProvider.System, NullLogger<ZooKeeperClient>.Instance, default);
}
