using ClassicBroker.Clients.Admin;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// A run from beginning to end: start a cluster, write and read unique values while faults are made, heal, wait until all is well, read
/// everything back in two ways, and judge the history. <see cref="HistoryChecker"/> judges the file, not this process's memory, so the
/// verdict can be had again from the file alone.
/// </summary>
public static class VerificationRun
{
    // Before the first fault: the clients have found the leaders, and every partition has some records.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    // After the last: readers see the end, and what was held up is decided.
    private static readonly TimeSpan CoolDown = TimeSpan.FromSeconds(2);

    /// <summary>Runs and judges.</summary>
    /// <param name="say">Told what is going on, line by line.</param>
    /// <exception cref="ClusterException">The options make no sense, or the cluster does not start.</exception>
    public static async Task<Verdict> RunAsync(VerificationOptions options, Action<string> say, TimeProvider time, CancellationToken cancel)
    {
        var faults = FaultCatalog.Choose(options.Faults);
        if (options.Brokers is < 3 or > 9) throw new ClusterException($"{options.Brokers} brokers: a run needs 3 to 9.");
        if (options.BootstrapServers is not null) faults = [];
        var cluster = options.BootstrapServers is null ? await StartAsync(options, faults, say, time, cancel).ConfigureAwait(false) : null;
        try
        {
            using (var history = new HistoryRecorder(options.HistoryFile, time))
            {
                history.Add(new RunStarted(options.Seed, options.Brokers, $"faults {string.Join(',', faults.Select(f => f.Name))}; {options.Workload}; {string.Join(' ', options.Settings)}"));
                await RecordAsync(options, cluster, faults, history, say, time, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            if (cluster is not null) await cluster.DisposeAsync().ConfigureAwait(false);
        }

        say("judging the history …");
        var verdict = HistoryChecker.Check(HistoryFile.Read(options.HistoryFile));
        if (verdict.Holds && !options.Keep) DeleteData(options);
        return verdict;
    }

    private static async Task<VerificationCluster> StartAsync(VerificationOptions options, IReadOnlyList<Fault> faults, Action<string> say, TimeProvider time, CancellationToken cancel)
    {
        say($"starting 3 ZooKeeper servers and {options.Brokers} brokers in {options.Folder} …");
        return await VerificationCluster.StartAsync(options, faults, time, cancel).ConfigureAwait(false);
    }

    private static async Task RecordAsync(
        VerificationOptions options, VerificationCluster? cluster, IReadOnlyList<Fault> faults, HistoryRecorder history, Action<string> say, TimeProvider time, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var run = new RunContext(options.BootstrapServers ?? cluster!.Brokers.BootstrapServers, options.Workload, history, options.Seed, time, stop.Token);
        await using var admin = new AdminClient(run.Client, time);
        var partitions = await CreateTopicsAsync(options.Workload, admin, cancel).ConfigureAwait(false);
        var random = new Random(options.Seed);
        var site = cluster is null ? null : new FaultSite(cluster, admin, partitions, options.SessionTimeout, random, time);
        var loop = site is null ? null : new FaultLoop(site, faults, admin, partitions, run, options.HealWithin, say);

        say($"writing to and reading from {partitions.Count} partitions, {options.Workload.OperationsPerSecond} values per second, seed {options.Seed} …");
        await using var workload = new Workload(run, partitions);
        var began = time.GetTimestamp();
        workload.Start();
        try
        {
            await Task.Delay(WarmUp, time, cancel).ConfigureAwait(false);
            if (loop is not null) await loop.RunAsync(() => time.GetElapsedTime(began) > options.Duration || workload.Done.IsFaulted, cancel).ConfigureAwait(false);
            var rest = options.Duration - time.GetElapsedTime(began);
            if (rest > TimeSpan.Zero && faults.Count == 0) await Task.Delay(rest, time, cancel).ConfigureAwait(false);
            await Task.Delay(CoolDown, time, cancel).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }

        say("writing ends; waiting until every replica is in sync …");
        await workload.Done.ConfigureAwait(false);
        if (loop is not null) await loop.HealedAsync("the last fault", cancel).ConfigureAwait(false);
        say("reading everything back …");
        var after = new RunContext(options.BootstrapServers ?? cluster!.Brokers.BootstrapServers, options.Workload, history, options.Seed, time, cancel);
        await new FinalReader(partitions, after).RunAsync(cancel).ConfigureAwait(false);
    }

    private static async Task<List<TopicPartition>> CreateTopicsAsync(WorkloadOptions workload, AdminClient admin, CancellationToken cancel)
    {
        // Names of their own in every run: a cluster that runs already may have seen another.
        var prefix = $"verify-{Guid.NewGuid().ToString("N")[..6]}-";
        var topics = Enumerable.Range(0, workload.Topics).Select(i => new NewTopic(prefix + i, workload.Partitions, workload.ReplicationFactor)
        {
            Configs = new Dictionary<string, string> { ["min.insync.replicas"] = $"{workload.MinInsyncReplicas}" },
        }).ToList();
        foreach (var created in await admin.CreateTopicsAsync(topics, ct: cancel).ConfigureAwait(false)) created.ThrowIfFailed();
        return [.. topics.SelectMany(topic => Enumerable.Range(0, workload.Partitions).Select(i => new TopicPartition(topic.Name, i)))];
    }

    private static void DeleteData(VerificationOptions options)
    {
        foreach (var folder in Directory.EnumerateDirectories(options.Folder)) Directory.Delete(folder, recursive: true);
    }
}
