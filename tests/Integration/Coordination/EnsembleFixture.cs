using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Integration.Coordination;

/// <summary>One ZooKeeper ensemble for all tests of this folder; each test works below a chroot of its own.</summary>
public sealed class EnsembleFixture : IAsyncLifetime
{
    private int _chroots;

    public ZooKeeperEnsemble Ensemble { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Ensemble = await ZooKeeperEnsemble.StartAsync(new ZooKeeperEnsembleOptions { Nodes = 1 });

    public async ValueTask DisposeAsync() => await Ensemble.DisposeAsync();

    /// <summary>Options for a tree of znodes nobody else uses.</summary>
    public async Task<ZooKeeperOptions> FreshTreeAsync()
    {
        string chroot = $"/test-{Interlocked.Increment(ref _chroots)}";
        await using (var root = await ZooKeeperClient.ConnectAsync(new ZooKeeperOptions { ConnectString = Ensemble.ConnectString },
            TimeProvider.System, NullLogger<ZooKeeperClient>.Instance, TestContext.Current.CancellationToken))
            await root.CreateAsync(chroot, default, CreateMode.Persistent);
        var options = new ZooKeeperOptions { ConnectString = Ensemble.ConnectString + chroot };
        await using var zk = await ConnectAsync(options);
        await ZNodeTree.EnsureAsync(zk, TestContext.Current.CancellationToken);
        return options;
    }

    public static Task<ZooKeeperClient> ConnectAsync(ZooKeeperOptions options) =>
        ZooKeeperClient.ConnectAsync(options, TimeProvider.System, NullLogger<ZooKeeperClient>.Instance, TestContext.Current.CancellationToken);
}
