using System.Globalization;
using ClassicBroker.Conformance;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Integration.ZooKeeper;

/// <summary>One three-node ensemble for all tests of this folder; each client gets a chroot of its own unless it asks for one.</summary>
public sealed class EnsembleFixture : IAsyncLifetime, IEnsembleUnderTest
{
    private int _chroots;

    public ZooKeeperEnsemble Ensemble { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Ensemble = await ZooKeeperEnsemble.StartAsync();

    public ValueTask DisposeAsync() => Ensemble.DisposeAsync();

    public string NewChroot() => $"/test-{Interlocked.Increment(ref _chroots)}";

    public Task<ZooKeeperClient> ConnectAsync(string? chroot = null, Action<ZooKeeperOptions>? configure = null)
    {
        var options = Options(chroot ?? NewChroot());
        configure?.Invoke(options);
        return ConnectAsync(options);
    }

    Task IEnsembleUnderTest.RunAsync(Func<Task> body) => body();

    string IEnsembleUnderTest.NewTree() => NewChroot();

    async Task<IZooKeeper> IEnsembleUnderTest.ConnectAsync(string? tree) => await ConnectAsync(tree);

    async Task<ICuttableClient> IEnsembleUnderTest.ConnectCuttableAsync(string tree)
    {
        var proxy = new TcpProxy(Ensemble.Nodes[0].ClientPort);
        return new ProxiedClient(proxy, await ConnectAsync(tree, options => options.ConnectString = $"127.0.0.1:{proxy.Port}{tree}"));
    }

    public ZooKeeperOptions Options(string chroot) =>
        new() { ConnectString = Ensemble.ConnectString + chroot, SessionTimeout = TimeSpan.FromSeconds(15), ConnectTimeout = TimeSpan.FromSeconds(30) };

    public static Task<ZooKeeperClient> ConnectAsync(ZooKeeperOptions options) =>
        ZooKeeperClient.ConnectAsync(options, TimeProvider.System, NullLogger<ZooKeeperClient>.Instance, CancellationToken.None);

    /// <summary>The node this client is connected to, by what the servers say.</summary>
    public async Task<int> ServerOfAsync(IZooKeeper client)
    {
        string sid = "sid=0x" + client.SessionId.ToString("x", CultureInfo.InvariantCulture) + ",";
        foreach (var node in Ensemble.Nodes)
        {
            string? connections = await FourLetterWord.AskAsync("127.0.0.1", node.ClientPort, "cons", TimeProvider.System, CancellationToken.None);
            if (connections?.Contains(sid, StringComparison.Ordinal) == true) return node.Id;
        }

        throw new InvalidOperationException($"no server knows session {sid}");
    }

    public static async Task<ZooKeeperError> ErrorOfAsync(Func<Task> request)
    {
        try
        {
            await request();
            return ZooKeeperError.Ok;
        }
        catch (ZooKeeperException refused)
        {
            return refused.Error;
        }
    }
}

internal sealed class ProxiedClient(TcpProxy proxy, IZooKeeper zooKeeper) : ICuttableClient
{
    public IZooKeeper ZooKeeper => zooKeeper;

    public void Cut() => proxy.Cut();

    public void Mend() => proxy.Mend();

    public async ValueTask DisposeAsync()
    {
        await zooKeeper.DisposeAsync();
        await proxy.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class EnsembleTests : ICollectionFixture<EnsembleFixture>
{
    public const string Name = "ZooKeeper ensemble";
}
