using System.Net;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// The lines of a cluster whose brokers reach each other's logs, and ZooKeeper, through proxies: one in front of every broker's replication
/// listener, one between every broker and every ZooKeeper server. Clients and the controller's orders do not go through them. Owned by the cluster.
/// </summary>
internal sealed class ProxiedLines : IAsyncDisposable
{
    /// <summary>Name of the listener followers fetch at.</summary>
    private const string Replication = "REPLICATION";

    private readonly Dictionary<int, (ProxiedLine Line, int BrokerPort)> _replication = [];
    private readonly Dictionary<int, List<ProxiedLine>> _zooKeeper = [];

    public ProxiedLines(IReadOnlyList<int> brokers, IReadOnlyList<int> zooKeeperPorts, TimeProvider time)
    {
        var ports = LastingPorts.Take(brokers.Count * (2 + zooKeeperPorts.Count));
        var next = 0;
        foreach (var broker in brokers)
        {
            var own = ports[next++];
            _replication[broker] = (new ProxiedLine(IPAddress.Loopback, ports[next++], own, time), own);
            _zooKeeper[broker] = [.. zooKeeperPorts.Select(port => new ProxiedLine(IPAddress.Loopback, ports[next++], port, time))];
        }
    }

    /// <summary>The settings that lead a broker through its lines.</summary>
    public Dictionary<string, string> SettingsOf(BrokerState broker) => new()
    {
        ["listeners"] = $"PLAINTEXT://{broker.Host}:{broker.Port},{Replication}://{broker.Host}:{_replication[broker.Id].BrokerPort}",
        ["advertised.listeners"] = $"{Replication}://127.0.0.1:{_replication[broker.Id].Line.Port}",
        ["listener.security.protocol.map"] = $"PLAINTEXT:PLAINTEXT,{Replication}:PLAINTEXT",
        ["inter.broker.listener.name"] = Replication,
        ["zookeeper.connect"] = string.Join(',', _zooKeeper[broker.Id].Select(line => $"127.0.0.1:{line.Port}")),
    };

    /// <summary>The line on which others fetch from this broker.</summary>
    public ProxiedLine To(int broker) => _replication[broker].Line;

    /// <summary>The lines of this broker to ZooKeeper.</summary>
    public IReadOnlyList<ProxiedLine> ToZooKeeper(int broker) => _zooKeeper[broker];

    /// <summary>Opens every line.</summary>
    public void Mend()
    {
        foreach (var line in _replication.Values.Select(r => r.Line).Concat(_zooKeeper.Values.SelectMany(lines => lines))) line.Set(LineState.Open);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (line, _) in _replication.Values) await line.DisposeAsync().ConfigureAwait(false);
        foreach (var line in _zooKeeper.Values.SelectMany(lines => lines)) await line.DisposeAsync().ConfigureAwait(false);
    }
}
