namespace ClassicBroker.Testing;

/// <summary><c>ensemble up|down|status|kill N|restart N|logs</c>: what zk-ensemble/ensemble and <c>classic ensemble</c> run.</summary>
public static class EnsembleCommands
{
    private const string Usage =
        """
        usage: ensemble up [--nodes N] [--data DIR] | down | status | kill N | restart N | logs [N]     (each with [--data DIR])

          up        starts a ZooKeeper ensemble of N nodes (default 3) as local processes, and leaves it running
          down      stops it; data stay in DIR, and the next up goes on with them
          status    process, port and mode of every node
          kill N    SIGKILL to node N
          restart N kills node N if it runs, and starts it again
          logs      the last lines of every node's log, or of node N's

        DIR is $ENSEMBLE_DATA, or .classic/ensemble in the current folder.
        """;

    private const int LogLines = 40;

    /// <summary>Runs one command. Exit codes: 0 done, 1 it failed (the reason is printed), 2 the command line is wrong, 3 (status) not all nodes serve.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        string data = Environment.GetEnvironmentVariable("ENSEMBLE_DATA") ?? Path.Combine(".classic", "ensemble");
        int nodes = 3;
        var words = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--data" && i + 1 < args.Length) data = args[++i];
            else if (args[i] == "--nodes" && i + 1 < args.Length && int.TryParse(args[i + 1], out nodes)) i++;
            else words.Add(args[i]);
        }

        int id = 0;
        bool isGood = words.Count is 1 or 2 && (words.Count == 1 || int.TryParse(words[1], out id));
        try
        {
            return isGood ? await RunAsync(words[0], id, nodes, data, output) : await TeachAsync(output);
        }
        catch (Exception failure) when (failure is InvalidOperationException or TimeoutException or IOException or ArgumentException)
        {
            await output.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    private static Task<int> RunAsync(string command, int id, int nodes, string data, TextWriter output) => (command, id) switch
    {
        ("up", 0) => UpAsync(nodes, data, output),
        ("down", 0) => DownAsync(Found(data), output),
        ("status", 0) => StatusAsync(Found(data), output),
        ("kill", > 0) => KillAsync(Found(data), id, output),
        ("restart", > 0) => RestartAsync(Found(data), id, output),
        ("logs", _) => LogsAsync(Found(data), id, output),
        _ => TeachAsync(output),
    };

    private static async Task<int> TeachAsync(TextWriter output)
    {
        await output.WriteLineAsync(Usage);
        return 2;
    }

    private static ZooKeeperEnsemble Found(string data) =>
        ZooKeeperEnsemble.Find(data) ?? throw new InvalidOperationException($"there is no ensemble in '{data}': no ensemble.json; start one with: ensemble up --data {data}");

    private static async Task<int> UpAsync(int nodes, string data, TextWriter output)
    {
        await output.WriteLineAsync($"starting ZooKeeper in {Path.GetFullPath(data)} ({ZooKeeperInstallation.Find().Origin})");
        await using var ensemble = await ZooKeeperEnsemble.StartAsync(new ZooKeeperEnsembleOptions { Nodes = nodes, DataFolder = data, Detached = true });
        if (ensemble.Nodes.Count != nodes) await output.WriteLineAsync($"note: the ensemble in this folder has {ensemble.Nodes.Count} nodes");
        return await StatusAsync(ensemble, output);
    }

    private static async Task<int> DownAsync(ZooKeeperEnsemble ensemble, TextWriter output)
    {
        await ensemble.StopAsync();
        await output.WriteLineAsync($"stopped; data stay in {ensemble.DataFolder}");
        return 0;
    }

    private static async Task<int> StatusAsync(ZooKeeperEnsemble ensemble, TextWriter output)
    {
        bool allServe = true;
        await output.WriteLineAsync("node  pid       client  mode");
        foreach (var node in ensemble.Nodes)
        {
            string? mode = await ensemble.ModeAsync(node.Id);
            allServe &= mode is not null;
            string pid = ensemble.IsRunning(node.Id) ? $"{node.Pid}" : "-";
            await output.WriteLineAsync($"{node.Id,-4}  {pid,-8}  {node.ClientPort,-6}  {mode ?? (pid == "-" ? "down" : "no quorum")}");
        }

        await output.WriteLineAsync($"connect string: {ensemble.ConnectString}");
        return allServe ? 0 : 3;
    }

    private static async Task<int> KillAsync(ZooKeeperEnsemble ensemble, int id, TextWriter output)
    {
        await ensemble.KillAsync(id);
        return await StatusAsync(ensemble, output) is 0 or 3 ? 0 : 1;
    }

    private static async Task<int> RestartAsync(ZooKeeperEnsemble ensemble, int id, TextWriter output)
    {
        await ensemble.RestartAsync(id);
        return await StatusAsync(ensemble, output) is 0 or 3 ? 0 : 1;
    }

    private static async Task<int> LogsAsync(ZooKeeperEnsemble ensemble, int id, TextWriter output)
    {
        foreach (var node in ensemble.Nodes.Where(node => id == 0 || node.Id == id))
        {
            await output.WriteLineAsync($"==> {node.LogFile}");
            if (!File.Exists(node.LogFile)) continue;
            foreach (string line in File.ReadLines(node.LogFile).TakeLast(LogLines)) await output.WriteLineAsync(line);
        }

        return 0;
    }
}
