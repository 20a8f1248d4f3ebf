namespace ClassicBroker.Testing.Verification;

/// <summary>
/// A network of our own for the brokers of a run: each in a network namespace with an address of its own, all joined by a bridge, so that packets between
/// two of them can really be dropped. ZooKeeper and the clients stay outside; the brokers reach ZooKeeper through forwarders on the bridge's address.
/// Linux, root, and the commands <c>ip</c> and <c>iptables</c> are needed. Owned by the cluster; disposing takes the network down.
/// <code>
/// clients, ZooKeeper ── bridge 10.213.N.1 ──┬── broker 0: 10.213.N.10
///                                           ├── broker 1: 10.213.N.11
/// </code>
/// </summary>
internal sealed class NetworkNamespaces : IAsyncDisposable
{
    private const int FirstHost = 10;

    private readonly int _net;
    private readonly List<int> _brokers;
    private readonly List<ProxiedLine> _toZooKeeper = [];

    private NetworkNamespaces(int net, List<int> brokers) => (_net, _brokers) = (net, brokers);

    /// <summary>The brokers that have a namespace.</summary>
    public IReadOnlyList<int> Brokers => _brokers;

    /// <summary><c>zookeeper.connect</c> as the brokers see it.</summary>
    public string ZooKeeperConnect => string.Join(',', _toZooKeeper.Select(line => $"{Bridge}:{line.Port}"));

    private string Bridge => $"10.213.{_net}.1";

    private string BridgeName => $"cbv{_net}";

    /// <summary>Makes the network.</summary>
    /// <exception cref="ClusterException">This machine or this user cannot; the message says what is missing.</exception>
    public static async Task<NetworkNamespaces> CreateAsync(IReadOnlyList<int> brokers, IReadOnlyList<int> zooKeeperPorts, Random random, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            throw new ClusterException("faults of the group net need Linux and root: brokers are put into network namespaces. Run as root, or take --faults cut, which needs no rights.");
        var network = new NetworkNamespaces(random.Next(1, 255), [.. brokers]);
        try
        {
            await SystemCommand.RunAsync("ip", "link", "add", network.BridgeName, "type", "bridge").ConfigureAwait(false);
            await SystemCommand.RunAsync("ip", "addr", "add", network.Bridge + "/24", "dev", network.BridgeName).ConfigureAwait(false);
            await SystemCommand.RunAsync("ip", "link", "set", network.BridgeName, "up").ConfigureAwait(false);
            foreach (var broker in brokers) await network.AddAsync(broker).ConfigureAwait(false);
            foreach (var port in zooKeeperPorts) network._toZooKeeper.Add(new ProxiedLine(System.Net.IPAddress.Parse(network.Bridge), LastingPorts.Take(1)[0], port, time));
            return network;
        }
        catch (ClusterException cannot)
        {
            await network.DisposeAsync().ConfigureAwait(false);
            throw new ClusterException($"faults of the group net need network namespaces, and this machine makes none: {cannot.Message} Take --faults cut instead.", cannot);
        }
    }

    /// <summary>Address of a broker.</summary>
    public string Address(int broker) => $"10.213.{_net}.{FirstHost + broker}";

    /// <summary>What stands before a broker's command, so that it runs inside.</summary>
    public IReadOnlyList<string> Prefix(int broker) => ["ip", "netns", "exec", Namespace(broker)];

    /// <summary>From now on a broker gets no packet from these addresses, and, when <paramref name="bothWays"/>, sends none to them.</summary>
    public async Task DropAsync(int broker, IEnumerable<int> others, bool bothWays)
    {
        foreach (var other in others)
        {
            await TableAsync(broker, "-A", "INPUT", "-s", Address(other), "-j", "DROP").ConfigureAwait(false);
            if (bothWays) await TableAsync(broker, "-A", "OUTPUT", "-d", Address(other), "-j", "DROP").ConfigureAwait(false);
        }
    }

    /// <summary>From now on a broker and ZooKeeper do not reach each other.</summary>
    public async Task DropZooKeeperAsync(int broker)
    {
        foreach (var port in _toZooKeeper.Select(line => $"{line.Port}"))
        {
            await TableAsync(broker, "-A", "OUTPUT", "-p", "tcp", "-d", Bridge, "--dport", port, "-j", "DROP").ConfigureAwait(false);
            await TableAsync(broker, "-A", "INPUT", "-p", "tcp", "-s", Bridge, "--sport", port, "-j", "DROP").ConfigureAwait(false);
        }
    }

    /// <summary>Takes a broker's cable out, or puts it in again.</summary>
    public Task SetLinkAsync(int broker, bool up) => SystemCommand.RunAsync("ip", "link", "set", Cable(broker), up ? "up" : "down");

    /// <summary>Every packet passes again.</summary>
    public async Task MendAsync()
    {
        foreach (var broker in _brokers)
        {
            await TableAsync(broker, "-F").ConfigureAwait(false);
            await SetLinkAsync(broker, up: true).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var line in _toZooKeeper) await line.DisposeAsync().ConfigureAwait(false);
        foreach (var broker in _brokers)
        {
            await TryAsync("link", "del", Cable(broker)).ConfigureAwait(false);
            await TryAsync("netns", "del", Namespace(broker)).ConfigureAwait(false);
        }

        await TryAsync("link", "del", BridgeName).ConfigureAwait(false);
    }

    private string Namespace(int broker) => $"classic-verify-{_net}-{broker}";

    // An interface name has at most 15 characters.
    private string Cable(int broker) => $"cbv{_net}b{broker}";

    private async Task AddAsync(int broker)
    {
        var inside = Cable(broker) + "i";
        var name = Namespace(broker);
        await SystemCommand.RunAsync("ip", "netns", "add", name).ConfigureAwait(false);
        await SystemCommand.RunAsync("ip", "link", "add", Cable(broker), "type", "veth", "peer", "name", inside).ConfigureAwait(false);
        await SystemCommand.RunAsync("ip", "link", "set", inside, "netns", name).ConfigureAwait(false);
        await SystemCommand.RunAsync("ip", "link", "set", Cable(broker), "master", BridgeName, "up").ConfigureAwait(false);
        await SystemCommand.RunAsync("ip", "netns", "exec", name, "ip", "addr", "add", Address(broker) + "/24", "dev", inside).ConfigureAwait(false);
        await SystemCommand.RunAsync("ip", "netns", "exec", name, "ip", "link", "set", inside, "up").ConfigureAwait(false);
        await SystemCommand.RunAsync("ip", "netns", "exec", name, "ip", "link", "set", "lo", "up").ConfigureAwait(false);
        await TableAsync(broker, "-F").ConfigureAwait(false);
    }

    private Task TableAsync(int broker, params ReadOnlySpan<string> rule) =>
        SystemCommand.RunAsync("ip", ["netns", "exec", Namespace(broker), "iptables", "-w", .. rule]);

    private static async Task TryAsync(params IReadOnlyList<string> words)
    {
        try
        {
            await SystemCommand.RunAsync("ip", words).ConfigureAwait(false);
        }
        catch (ClusterException)
        {
            // it was not made, or is gone
        }
    }
}
