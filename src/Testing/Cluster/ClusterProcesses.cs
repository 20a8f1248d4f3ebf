using System.Diagnostics;
using System.Net;
using ClassicBroker.Broker.Hosting;

namespace ClassicBroker.Testing;

/// <summary>
/// A cluster of real broker processes on this machine, over an ensemble that runs already. Tests and <c>./classic up</c> use
/// the same code, so what a test proves is what a person starts.
/// <para>
/// Mechanism: every broker gets a data directory, a log file and three ports, chosen once and kept over restarts. A broker
/// is <em>ready</em> when its <c>/health/ready</c> answers 200: registered in ZooKeeper, and told the cluster by the controller.
/// The state is written to <c>cluster.json</c> after every change, so another process can attach, look, kill and stop.
/// </para>
/// <para>Not thread-safe: one caller at a time. Owner of the processes only in name; they live on until somebody stops them.</para>
/// </summary>
public sealed class ClusterProcesses : IAsyncDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(25);

    private readonly ClusterPlan _options;
    private readonly TimeProvider _time;
    // Kept so that the runtime collects our dead children; a child nobody waits for stays a zombie.
    private readonly List<Process> _children = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };

    private ClusterProcesses(ClusterPlan options, ClusterState state, TimeProvider time)
    {
        _options = options;
        _time = time;
        State = state;
    }

    /// <summary>The cluster as it was last written to cluster.json.</summary>
    public ClusterState State { get; private set; }

    /// <summary>What a client is given.</summary>
    public string BootstrapServers => State.BootstrapServers;

    /// <summary>
    /// Starts all brokers at the same time and waits until every one is ready. When one fails, all are stopped and the error
    /// carries the end of its log.
    /// </summary>
    /// <param name="options">How many, where, on which ports.</param>
    /// <param name="time">The clock of the waiting.</param>
    /// <param name="progress">Told each broker id that became ready.</param>
    /// <param name="cancel">Stops the waiting, and the brokers.</param>
    /// <exception cref="ClusterException">A port is taken, a cluster runs already in the directory, or a broker does not come up.</exception>
    public static async Task<ClusterProcesses> StartAsync(
        ClusterPlan options, TimeProvider time, IProgress<int>? progress = null, CancellationToken cancel = default)
    {
        options = options with { DataDirectory = Path.GetFullPath(options.DataDirectory) };
        RefuseWhenRunning(options.DataDirectory);
        Directory.CreateDirectory(options.DataDirectory);
        var cluster = new ClusterProcesses(options, Plan(options), time);
        try
        {
            cluster.State.Save(options.DataDirectory);
            foreach (var broker in cluster.State.Brokers) cluster.Launch(broker.Id);
            await Task.WhenAll(cluster.State.Brokers.Select(async broker =>
            {
                await cluster.WaitUntilReadyAsync(broker.Id, cancel).ConfigureAwait(false);
                progress?.Report(broker.Id);
            })).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The cluster that was started in a data directory, perhaps by another process; null when there is none.</summary>
    public static ClusterProcesses? Attach(string dataDirectory, TimeProvider time)
    {
        dataDirectory = Path.GetFullPath(dataDirectory);
        var state = ClusterState.Load(dataDirectory);
        if (state is null) return null;
        var options = new ClusterPlan
        {
            DataDirectory = dataDirectory,
            ZooKeeperConnect = state.ZooKeeperConnect,
            Brokers = state.Brokers.Count,
            Settings = state.Settings,
            OwnsEnsemble = state.OwnsEnsemble,
        };
        return new ClusterProcesses(options, state, time);
    }

    /// <summary>The broker with this id.</summary>
    /// <exception cref="ClusterException">No such broker; the message lists those there are.</exception>
    public BrokerState Broker(int id) =>
        State.Brokers.FirstOrDefault(b => b.Id == id)
        ?? throw new ClusterException(
            $"there is no broker {id} in {_options.DataDirectory}. Brokers: {string.Join(", ", State.Brokers.Select(b => b.Id))}.");

    /// <summary>Starts a broker that does not run, with its old data and ports, and waits until it is ready.</summary>
    public async Task StartBrokerAsync(int id, CancellationToken cancel = default)
    {
        if (Broker(id).IsRunning()) throw new ClusterException($"broker {id} runs already, as process {Broker(id).Process!.Id}.");
        Launch(id);
        await WaitUntilReadyAsync(id, cancel).ConfigureAwait(false);
    }

    /// <summary>Starts a broker that does not run, and returns at once: for those who start several at the same time and wait afterwards.</summary>
    public void LaunchBroker(int id)
    {
        if (!Broker(id).IsRunning()) Launch(id);
    }

    /// <summary>kill -9: the broker is gone when this returns, its znode perhaps not yet.</summary>
    public async Task KillBrokerAsync(int id, CancellationToken cancel = default)
    {
        var process = Broker(id).Process;
        if (process?.IsAlive != true) throw new ClusterException($"broker {id} does not run. Start it with: ./classic start {id}");
        process.Kill();
        await process.WaitForExitAsync(_options.StopWithin, _time, cancel).ConfigureAwait(false);
    }

    /// <summary>SIGTERM and wait: the broker hands over its partitions, leaves the ensemble and marks a clean shutdown.</summary>
    /// <returns>False when it had to be killed because it did not stop in time.</returns>
    public async Task<bool> StopBrokerAsync(int id, CancellationToken cancel = default)
    {
        var process = Broker(id).Process;
        if (process?.IsAlive != true) return true;
        process.Terminate();
        if (await process.WaitForExitAsync(_options.StopWithin, _time, cancel).ConfigureAwait(false)) return true;
        process.Kill();
        await process.WaitForExitAsync(_options.StopWithin, _time, cancel).ConfigureAwait(false);
        return false;
    }

    /// <summary>Stops every broker and forgets the cluster; data and logs stay. The ensemble is not touched.</summary>
    /// <returns>The brokers that had to be killed.</returns>
    public async Task<IReadOnlyList<int>> StopAsync(CancellationToken cancel = default)
    {
        var stopped = await Task.WhenAll(State.Brokers.Select(async broker =>
            (broker.Id, Clean: await StopBrokerAsync(broker.Id, cancel).ConfigureAwait(false)))).ConfigureAwait(false);
        ClusterState.Forget(_options.DataDirectory);
        return stopped.Where(b => !b.Clean).Select(b => b.Id).ToList();
    }

    /// <summary>Notes that the calling process keeps the cluster in the foreground.</summary>
    public void KeepInForeground()
    {
        using var self = Process.GetCurrentProcess();
        Write(State with { Foreground = ProcessIdentity.Of(self) });
    }

    /// <summary>Waits until a broker answers that it is ready.</summary>
    /// <exception cref="ClusterException">It ended, or is not ready in time; with the end of its log.</exception>
    public async Task WaitUntilReadyAsync(int id, CancellationToken cancel = default)
    {
        var broker = Broker(id);
        var start = _time.GetTimestamp();
        while (!await IsReadyAsync(broker, cancel).ConfigureAwait(false))
        {
            if (!broker.IsRunning())
                throw new ClusterException($"broker {id} ended before it was ready. The end of {broker.LogFile}:\n{LogEnd(broker)}");
            if (_time.GetElapsedTime(start) > _options.ReadyWithin)
                throw new ClusterException(
                    $"broker {id} was not ready within {_options.ReadyWithin.TotalSeconds:0} s. The end of {broker.LogFile}:\n{LogEnd(broker)}");
            await Task.Delay(PollEvery, _time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of what this object holds; the brokers run on.</summary>
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var child in _children) child.Dispose();
        _children.Clear();
        return ValueTask.CompletedTask;
    }

    /// <summary>Looks again at cluster.json: another process may have started or stopped a broker.</summary>
    public void Refresh() => State = ClusterState.Load(_options.DataDirectory) ?? State;

    /// <summary>Fails when a cluster runs in the directory.</summary>
    /// <exception cref="ClusterException">One does; the message says where it is reached and how it is stopped.</exception>
    public static void RefuseWhenRunning(string dataDirectory)
    {
        var old = ClusterState.Load(dataDirectory);
        var running = old?.Brokers.Where(b => b.IsRunning()).ToList();
        if (running is { Count: > 0 })
            throw new ClusterException(
                $"a cluster runs already in {dataDirectory} (broker {string.Join(", ", running.Select(b => b.Id))}, "
                + $"bootstrap servers {old!.BootstrapServers}). Use it, stop it with ./classic down, or give another --data.");
    }

    private static ClusterState Plan(ClusterPlan options)
    {
        if (options.Brokers is < 1 or > 100)
            throw new ClusterException($"{options.Brokers} brokers: the number must be between 1 and 100.");
        var clientPorts = options.FirstPort is int first
            ? [.. Enumerable.Range(first, options.Brokers)]
            : LastingPorts.Take(options.Brokers);
        foreach (var port in clientPorts)
            if (!FreePorts.IsFree(port))
                throw new ClusterException(
                    $"port {port} is in use by {PortHolder.Find(port) ?? "another process"}. Stop it, or give another first port with --port.");
        var other = LastingPorts.Take(options.Brokers * 2);
        return new ClusterState
        {
            ZooKeeperConnect = options.ZooKeeperConnect,
            OwnsEnsemble = options.OwnsEnsemble,
            Settings = options.Settings,
            Brokers = Enumerable.Range(0, options.Brokers).Select(i =>
            {
                var id = options.FirstBrokerId + i;
                var folder = Path.Combine(options.DataDirectory, $"broker-{id}");
                return new BrokerState(
                    id, options.HostOf?.Invoke(id) ?? "127.0.0.1", clientPorts[i], other[2 * i], other[2 * i + 1],
                    Path.Combine(folder, "data"), Path.Combine(folder, "broker.log"), null);
            }).ToList(),
        };
    }

    private void Launch(int id)
    {
        var broker = Broker(id);
        var child = BrokerProgram.Start(broker, SettingsOf(broker), _options.CommandPrefixOf?.Invoke(id) ?? []);
        _children.Add(child);
        var started = broker with { Process = ProcessIdentity.Of(child) };
        Write(State with { Brokers = State.Brokers.Select(b => b.Id == id ? started : b).ToList() });
    }

    private Dictionary<string, string> SettingsOf(BrokerState broker)
    {
        var settings = new Dictionary<string, string>
        {
            ["broker.id"] = $"{broker.Id}",
            ["listeners"] = $"PLAINTEXT://{broker.Host}:{broker.Port}",
            ["control.plane.listener.port"] = $"{broker.ControlPlanePort}",
            ["http.port"] = $"{broker.HttpPort}",
            ["log.dirs"] = broker.DataDirectory,
            ["zookeeper.connect"] = State.ZooKeeperConnect,
        };
        // The offsets topic is made when as many brokers live as it has replicas, which by default three must.
        if (State.Brokers.Count < 3) settings["offsets.topic.replication.factor"] = $"{State.Brokers.Count}";
        foreach (var (key, value) in _options.Settings) settings[key] = value;
        foreach (var (key, value) in _options.SettingsOf?.Invoke(broker) ?? new Dictionary<string, string>()) settings[key] = value;
        return settings;
    }

    private void Write(ClusterState state)
    {
        State = state;
        state.Save(_options.DataDirectory);
    }

    private async Task<bool> IsReadyAsync(BrokerState broker, CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.GetAsync($"http://{broker.Host}:{broker.HttpPort}/health/ready", cancel).ConfigureAwait(false);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception notYet) when (notYet is HttpRequestException || (notYet is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private static string LogEnd(BrokerState broker) =>
        File.Exists(broker.LogFile) ? string.Join('\n', File.ReadLines(broker.LogFile).TakeLast(15)) : "(no log file)";
}
