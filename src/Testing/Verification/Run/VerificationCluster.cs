using System.Globalization;

namespace ClassicBroker.Testing.Verification;

/// <summary>The ensemble and the brokers of a run, with settings under which much happens in little time. Owned by the run; disposing stops everything.</summary>
internal sealed class VerificationCluster : IAsyncDisposable
{
    private VerificationCluster(ZooKeeperEnsemble ensemble) => Ensemble = ensemble;

    public ZooKeeperEnsemble Ensemble { get; }

    public ClusterProcesses Brokers { get; private set; } = null!;

    /// <summary>The lines between the processes, when faults of the group cut are to be made.</summary>
    public ProxiedLines? Lines { get; private set; }

    /// <summary>The brokers' own network, when faults of the group net are to be made.</summary>
    public NetworkNamespaces? Network { get; private set; }

    /// <summary>Starts what these faults need.</summary>
    public static async Task<VerificationCluster> StartAsync(VerificationOptions options, IReadOnlyList<Fault> faults, TimeProvider time, CancellationToken cancel)
    {
        ClusterProcesses.RefuseWhenRunning(options.Folder);
        if (Directory.Exists(options.Folder)) Directory.Delete(options.Folder, recursive: true);
        var cluster = new VerificationCluster(await ZooKeeperEnsemble.StartAsync(
            new ZooKeeperEnsembleOptions { DataFolder = Path.Combine(options.Folder, "ensemble"), Time = time }, cancel).ConfigureAwait(false));
        try
        {
            int[] ids = [.. Enumerable.Range(0, options.Brokers)];
            int[] zooKeepers = [.. cluster.Ensemble.Nodes.Select(node => node.ClientPort)];
            if (faults.Any(fault => fault.Group == CutFaults.Group)) cluster.Lines = new ProxiedLines(ids, zooKeepers, time);
            if (faults.Any(fault => fault.Group == NetworkFaults.Group))
                cluster.Network = await NetworkNamespaces.CreateAsync(ids, zooKeepers, new Random(), time).ConfigureAwait(false);
            cluster.Brokers = await ClusterProcesses.StartAsync(cluster.Plan(options), time, cancel: cancel).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Brokers is not null)
        {
            foreach (var broker in Brokers.State.Brokers.Where(broker => broker.IsRunning())) await Brokers.KillBrokerAsync(broker.Id).ConfigureAwait(false);
            await Brokers.StopAsync().ConfigureAwait(false);
            await Brokers.DisposeAsync().ConfigureAwait(false);
        }

        if (Lines is not null) await Lines.DisposeAsync().ConfigureAwait(false);
        if (Network is not null) await Network.DisposeAsync().ConfigureAwait(false);
        await Ensemble.StopAsync().ConfigureAwait(false);
        await Ensemble.DisposeAsync().ConfigureAwait(false);
    }

    private ClusterPlan Plan(VerificationOptions options)
    {
        var plan = new ClusterPlan
        {
            DataDirectory = options.Folder, ZooKeeperConnect = Network?.ZooKeeperConnect ?? Ensemble.ConnectString, Brokers = options.Brokers,
            Settings = Settings(options), OwnsEnsemble = true,
        };
        if (Lines is { } lines) return plan with { SettingsOf = lines.SettingsOf };
        if (Network is not { } network) return plan;
        return plan with
        {
            HostOf = network.Address,
            CommandPrefixOf = network.Prefix,
            SettingsOf = broker => new Dictionary<string, string> { ["http.host"] = broker.Host },
        };
    }

    private static Dictionary<string, string> Settings(VerificationOptions options)
    {
        var settings = new Dictionary<string, string>
        {
            ["auto.create.topics.enable"] = "false",
            ["min.insync.replicas"] = options.Workload.MinInsyncReplicas.ToString(CultureInfo.InvariantCulture),
            ["zookeeper.session.timeout.ms"] = options.SessionTimeout.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture),
            ["replica.lag.time.max.ms"] = "3000",
        };
        foreach (var (key, value) in options.Settings) settings[key] = value;
        return settings;
    }
}
