using System.Globalization;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;

namespace ClassicBroker.Testing;

/// <summary>
/// A ZooKeeper ensemble in Docker, for machines that have Docker and neither the Debian package nor a release: the image <c>zookeeper</c> of Docker's
/// library, one container for each node, client ports mapped to free ports of the loopback. Testcontainers removes everything, also when this process dies.
/// </summary>
public sealed class ZooKeeperContainers : IAsyncDisposable
{
    private const int ClientPort = 2181;

    private readonly INetwork _network;
    private readonly IReadOnlyList<IContainer> _nodes;

    private ZooKeeperContainers(INetwork network, IReadOnlyList<IContainer> nodes)
    {
        _network = network;
        _nodes = nodes;
    }

    /// <summary>host:port of every node.</summary>
    public string ConnectString => string.Join(',', _nodes.Select(node => $"{node.Hostname}:{node.GetMappedPublicPort(ClientPort)}"));

    /// <summary>Starts the nodes and waits until all serve. <paramref name="image"/> is server 3.6 or later.</summary>
    public static async Task<ZooKeeperContainers> StartAsync(int nodes = 3, string image = "zookeeper:3.9", CancellationToken ct = default)
    {
        var network = new NetworkBuilder().Build();
        string servers = string.Join(' ', Enumerable.Range(1, nodes).Select(id => $"server.{id}=zk{id}:2888:3888;{ClientPort}"));
        IContainer[] containers = [.. Enumerable.Range(1, nodes).Select(id => Node(id, servers, network, image))];
        var ensemble = new ZooKeeperContainers(network, containers);
        try
        {
            await Task.WhenAll(containers.Select(container => container.StartAsync(ct)));
            return ensemble;
        }
        catch
        {
            await ensemble.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await _network.DisposeAsync();
    }

    private static IContainer Node(int id, string servers, INetwork network, string image) =>
        new ContainerBuilder(image)
            .WithNetwork(network)
            .WithNetworkAliases($"zk{id}")
            .WithPortBinding(ClientPort, assignRandomHostPort: true)
            .WithEnvironment("ZOO_MY_ID", id.ToString(CultureInfo.InvariantCulture))
            .WithEnvironment("ZOO_SERVERS", servers)
            .WithEnvironment("ZOO_TICK_TIME", "1000")
            .WithEnvironment("ZOO_ADMINSERVER_ENABLED", "false")
            .WithEnvironment("ZOO_4LW_COMMANDS_WHITELIST", "*")
            .WithEnvironment("JVMFLAGS", "-Dzookeeper.extendedTypesEnabled=true -Djute.maxbuffer=4194304")
            .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted("zkServer.sh", "status"))
            .Build();
}
