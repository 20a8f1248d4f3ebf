using ClassicBroker.Clients.Admin;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Testing;

namespace ClassicBroker.Integration.Cluster;

/// <summary>
/// Three ZooKeeper servers and three brokers, as processes, shared by the tests of <see cref="ClusterCollection"/>, which run one after the other.
/// A test that breaks something calls <see cref="HealAsync"/> first thing, so no test inherits the damage of another.
/// </summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    /// <summary>The deadline of every wait: a machine that is this slow is broken.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("classic-cluster-").FullName;

    public ZooKeeperEnsemble Ensemble { get; private set; } = null!;

    public ClusterProcesses Brokers { get; private set; } = null!;

    public AdminClient Admin { get; private set; } = null!;

    public ClusterOptions Client => ClusterOptions.For(Brokers.BootstrapServers);

    public async ValueTask InitializeAsync()
    {
        Ensemble = await ZooKeeperEnsemble.StartAsync(new ZooKeeperEnsembleOptions { DataFolder = Path.Combine(_folder, "ensemble") });
        Brokers = await ClusterProcesses.StartAsync(
            new ClusterPlan
            {
                DataDirectory = _folder,
                ZooKeeperConnect = Ensemble.ConnectString,
                Settings = new Dictionary<string, string>
                {
                    ["min.insync.replicas"] = "2", ["auto.create.topics.enable"] = "false",
                    // How long a dead broker goes unnoticed: the time most tests would otherwise wait.
                    ["zookeeper.session.timeout.ms"] = "6000",
                },
            },
            TimeProvider.System);
        Admin = new AdminClient(Client);
    }

    public async ValueTask DisposeAsync()
    {
        if (Admin is not null) await Admin.DisposeAsync();
        if (Brokers is not null)
        {
            foreach (var broker in Brokers.State.Brokers.Where(b => b.IsRunning())) await Brokers.KillBrokerAsync(broker.Id);
            await Brokers.DisposeAsync();
        }

        if (Ensemble is not null)
        {
            await Ensemble.StopAsync();
            await Ensemble.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts every broker that is dead, and waits until the controller knows all three.</summary>
    public async Task HealAsync()
    {
        foreach (var broker in Brokers.State.Brokers.Where(b => !b.IsRunning())) await Brokers.StartBrokerAsync(broker.Id);
        await UntilAsync("three brokers are known", async () => (await Admin.DescribeClusterAsync()).Brokers.Count == 3);
    }

    /// <summary>A new topic with three replicas of each partition, ready to be written to. Its name is new in every call.</summary>
    public async Task<string> NewTopicAsync(int partitions = 1, string prefix = "t")
    {
        var name = $"{prefix}-{Guid.NewGuid():N}";
        var created = await Admin.CreateTopicsAsync([new NewTopic(name, partitions, 3)]);
        created.Single().ThrowIfFailed();
        await FullIsrAsync(name);
        return name;
    }

    /// <summary>Waits until every partition has a leader and three replicas in sync.</summary>
    public Task FullIsrAsync(string topic) => UntilAsync(
        $"{topic} has leaders and full ISRs",
        async () => (await Admin.DescribeTopicsAsync([topic])).Single() is { Partitions.Count: > 0 } view
                    && view.Partitions.All(p => p.Leader >= 0 && p.Isr.Count == 3));

    public async Task<int> LeaderAsync(string topic, int partition = 0) => (await Admin.DescribeTopicsAsync([topic])).Single().Find(partition)!.Leader;

    public async Task<int> ControllerAsync() => (await Admin.DescribeClusterAsync()).ControllerId;

    /// <summary>Waits for a condition; a failure says which one.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"waited {Patience.TotalSeconds:0} s until {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
