using System.Globalization;

namespace ClassicBroker.Testing.Verification;

/// <summary>The ensemble and the brokers of a run, with settings under which much happens in little time. Owned by the run; disposing stops everything.</summary>
internal sealed class VerificationCluster : IAsyncDisposable
{
    private VerificationCluster(ZooKeeperEnsemble ensemble, ClusterProcesses brokers) => (Ensemble, Brokers) = (ensemble, brokers);

    public ZooKeeperEnsemble Ensemble { get; }

    public ClusterProcesses Brokers { get; }

    public static async Task<VerificationCluster> StartAsync(VerificationOptions options, TimeProvider time, CancellationToken cancel)
    {
        ClusterProcesses.RefuseWhenRunning(options.Folder);
        if (Directory.Exists(options.Folder)) Directory.Delete(options.Folder, recursive: true);
        var ensemble = await ZooKeeperEnsemble.StartAsync(
            new ZooKeeperEnsembleOptions { DataFolder = Path.Combine(options.Folder, "ensemble"), Time = time }, cancel).ConfigureAwait(false);
        try
        {
            var plan = new ClusterPlan
            {
                DataDirectory = options.Folder, ZooKeeperConnect = ensemble.ConnectString, Brokers = options.Brokers, Settings = Settings(options), OwnsEnsemble = true,
            };
            return new VerificationCluster(ensemble, await ClusterProcesses.StartAsync(plan, time, cancel: cancel).ConfigureAwait(false));
        }
        catch
        {
            await ensemble.StopAsync().ConfigureAwait(false);
            await ensemble.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var broker in Brokers.State.Brokers.Where(broker => broker.IsRunning())) await Brokers.KillBrokerAsync(broker.Id).ConfigureAwait(false);
        await Brokers.StopAsync().ConfigureAwait(false);
        await Brokers.DisposeAsync().ConfigureAwait(false);
        await Ensemble.StopAsync().ConfigureAwait(false);
        await Ensemble.DisposeAsync().ConfigureAwait(false);
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
