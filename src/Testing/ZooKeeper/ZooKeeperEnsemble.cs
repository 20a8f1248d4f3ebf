namespace ClassicBroker.Testing;

/// <summary>
/// A real ZooKeeper ensemble for tests and for <c>classic up</c>: local processes with their own data folders and free ports, or an existing one
/// named by its connect string. Start, kill a node, bring it back, stop; what is running is written to <c>ensemble.json</c>, so that
/// another process can find it. Not thread safe: one owner.
/// </summary>
public sealed class ZooKeeperEnsemble : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly ZooKeeperEnsembleOptions _options;
    private readonly ZooKeeperInstallation? _installation;
    private readonly EnsembleState _state;
    private readonly string _folder;
    private readonly Dictionary<int, NodeProcess> _ours = [];

    private ZooKeeperEnsemble(ZooKeeperEnsembleOptions options, ZooKeeperInstallation? installation, EnsembleState state, string folder)
    {
        _options = options;
        _installation = installation;
        _state = state;
        _folder = folder;
    }

    /// <summary>host:port of every node, running or not.</summary>
    public string ConnectString => _state.ConnectString;

    /// <summary>The local nodes; none for an ensemble that already existed.</summary>
    public IReadOnlyList<EnsembleNode> Nodes => _state.Nodes;

    /// <summary>Where everything of it lies.</summary>
    public string DataFolder => _folder;

    /// <summary>
    /// Starts an ensemble and waits until every node serves. A data folder that holds one already is started again with its old ports and data;
    /// nodes that still run are left alone.
    /// </summary>
    /// <exception cref="FileNotFoundException">No ZooKeeper on this machine; the message lists the ways to get one.</exception>
    /// <exception cref="TimeoutException">Not serving in time; the message carries the end of the log of the node that does not.</exception>
    public static async Task<ZooKeeperEnsemble> StartAsync(ZooKeeperEnsembleOptions? options = null, CancellationToken ct = default)
    {
        options ??= new ZooKeeperEnsembleOptions();
        if (options.Nodes is < 1 or > 9) throw new ArgumentOutOfRangeException(nameof(options), options.Nodes, "an ensemble has 1 to 9 nodes");
        var installation = ZooKeeperInstallation.Find();
        string folder = Path.GetFullPath(options.DataFolder ?? Directory.CreateTempSubdirectory("classic-zookeeper-").FullName);
        Directory.CreateDirectory(folder);
        var ensemble = new ZooKeeperEnsemble(options, installation, EnsembleFiles.ReadState(folder) ?? Plan(options, folder), folder);
        try
        {
            foreach (var node in ensemble.Nodes)
            {
                EnsembleFiles.WriteNode(node, ensemble._state);
                if (!NodeProcess.IsRunning(node)) ensemble.Launch(node);
            }

            ensemble.Save();
            await ensemble.WaitUntilServingAsync(ct);
            return ensemble;
        }
        catch
        {
            // only those started here: what ran before goes on
            foreach (int id in ensemble._ours.Keys.ToList()) await ensemble.KillAsync(id);
            throw;
        }
    }

    /// <summary>An ensemble that is there already and is not ours to start or stop.</summary>
    public static ZooKeeperEnsemble Existing(string connectString) =>
        new(new ZooKeeperEnsembleOptions(), null, new EnsembleState(connectString, 0, 0, []), "");

    /// <summary>The ensemble whose <c>ensemble.json</c> lies in this folder, running or not; null when there is none. Disposing it leaves it running.</summary>
    public static ZooKeeperEnsemble? Find(string dataFolder)
    {
        string folder = Path.GetFullPath(dataFolder);
        return EnsembleFiles.ReadState(folder) is { } state
            ? new ZooKeeperEnsemble(new ZooKeeperEnsembleOptions { DataFolder = folder, Detached = true, Nodes = state.Nodes.Count }, ZooKeeperInstallation.TryFind(), state, folder)
            : null;
    }

    /// <summary>Whether the node's process lives.</summary>
    public bool IsRunning(int id) => NodeProcess.IsRunning(Node(id));

    /// <summary>leader, follower or standalone; null when the node does not serve (not running, or without quorum).</summary>
    public Task<string?> ModeAsync(int id, CancellationToken ct = default) => FourLetterWord.ModeAsync("127.0.0.1", Node(id).ClientPort, _options.Time, ct);

    /// <summary>Id of the leading node (the only node, when there is one); null without quorum.</summary>
    public async Task<int?> LeaderAsync(CancellationToken ct = default)
    {
        foreach (var node in Nodes)
        {
            if (await ModeAsync(node.Id, ct) is "leader" or "standalone") return node.Id;
        }

        return null;
    }

    /// <summary>SIGKILL to one node; returns when it is gone. Killing a dead node does nothing.</summary>
    public async Task KillAsync(int id)
    {
        var node = Node(id);
        if (_ours.Remove(id, out var process))
        {
            await process.KillAsync();
            process.Dispose();
        }
        else
        {
            await NodeProcess.KillAsync(node);
        }

        Save();
    }

    /// <summary>Kills the node if it runs, starts it again on its old data and ports, and waits until it serves (so: until there is a quorum).</summary>
    public async Task RestartAsync(int id, CancellationToken ct = default)
    {
        await LaunchAgainAsync(id);
        await WaitUntilServingAsync(Node(id), _options.Time.GetTimestamp(), ct);
    }

    /// <summary>As <see cref="RestartAsync"/>, without waiting: for a node that alone makes no quorum.</summary>
    public async Task LaunchAgainAsync(int id)
    {
        await KillAsync(id);
        Launch(Node(id));
        Save();
    }

    /// <summary>Waits until every node serves, within the start timeout.</summary>
    public async Task WaitUntilServingAsync(CancellationToken ct = default)
    {
        long since = _options.Time.GetTimestamp();
        foreach (var node in Nodes) await WaitUntilServingAsync(node, since, ct);
    }

    /// <summary>Kills every node. ZooKeeper is made for that: what it answered is on disk. Data stay, and so does <c>ensemble.json</c>.</summary>
    public async Task StopAsync()
    {
        foreach (var node in Nodes) await KillAsync(node.Id);
    }

    /// <summary>Stops the ensemble unless it is detached or was there before; removes its folder when that was a temporary one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_options.Detached || Nodes.Count == 0)
        {
            foreach (var process in _ours.Values) process.Dispose();
            return;
        }

        await StopAsync();
        if (_options.DataFolder is null) Directory.Delete(_folder, recursive: true);
    }

    private static EnsembleState Plan(ZooKeeperEnsembleOptions options, string folder)
    {
        int[] ports = LastingPorts.Take(options.Nodes * 3);
        EnsembleNode[] nodes = [.. Enumerable.Range(1, options.Nodes).Select(id =>
            new EnsembleNode(id, ports[(id * 3) - 3], ports[(id * 3) - 2], ports[(id * 3) - 1], Path.Combine(folder, $"node{id}")))];
        string connect = string.Join(',', nodes.Select(node => $"127.0.0.1:{node.ClientPort}"));
        return new EnsembleState(connect, (int)options.TickTime.TotalMilliseconds, options.MaxFrameBytes, nodes);
    }

    private EnsembleNode Node(int id) =>
        Nodes.FirstOrDefault(node => node.Id == id) ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"the ensemble has {Nodes.Count} local nodes, counted from 1");

    private void Launch(EnsembleNode node) =>
        _ours[node.Id] = NodeProcess.Start(node, _installation ?? throw new FileNotFoundException(ZooKeeperInstallation.HowToGetOne), _state.MaxFrameBytes, _options.Detached);

    private void Save()
    {
        if (Nodes.Count > 0) EnsembleFiles.WriteState(_folder, _state);
    }

    private async Task WaitUntilServingAsync(EnsembleNode node, long since, CancellationToken ct)
    {
        while (await ModeAsync(node.Id, ct) is null)
        {
            if (_ours.TryGetValue(node.Id, out var process) && process.HasExited)
                throw new InvalidOperationException($"ZooKeeper node {node.Id} ended at once.\n{LastLines(node)}");
            if (_options.Time.GetElapsedTime(since) > _options.StartTimeout)
                throw new TimeoutException($"ZooKeeper node {node.Id} does not serve on port {node.ClientPort} after {_options.StartTimeout.TotalSeconds:F0} s.\n{LastLines(node)}");
            await Task.Delay(Glance, _options.Time, ct);
        }
    }

    private static string LastLines(EnsembleNode node)
    {
        const int count = 15;
        var lines = new[] { node.OutputFile, node.LogFile }.Where(File.Exists).SelectMany(File.ReadLines).TakeLast(count);
        return $"The end of {node.LogFile}:\n{string.Join('\n', lines)}";
    }
}
