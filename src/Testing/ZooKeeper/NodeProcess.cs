using System.Diagnostics;
using System.Globalization;

namespace ClassicBroker.Testing;

/// <summary>
/// Starts and ends the java process of one node. It runs in a session of its own, so that Ctrl-C in a terminal reaches the owner and not the ensemble
/// under it. Unless detached, a watchdog (a shell that reads from a pipe we hold) kills it when we die, however we die.
/// </summary>
internal sealed class NodeProcess : IDisposable
{
    private const string SetSid = "/usr/bin/setsid";

    private readonly EnsembleNode _node;
    private readonly Process _java;
    private readonly Process? _watchdog;

    private NodeProcess(EnsembleNode node, Process java, Process? watchdog)
    {
        _node = node;
        _java = java;
        _watchdog = watchdog;
    }

    public bool HasExited => _java.HasExited;

    public static NodeProcess Start(EnsembleNode node, ZooKeeperInstallation installation, int maxFrameBytes, bool detached)
    {
        // exec: the shell only arranges the files and becomes java, so the process id is java's own
        string exec = File.Exists(SetSid) ? $"exec {SetSid}" : "exec";
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = node.Folder };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{exec} \"$@\" </dev/null >>\"$OUTPUT\" 2>&1");
        start.ArgumentList.Add("zookeeper");
        foreach (string argument in JavaArguments(node, installation, maxFrameBytes)) start.ArgumentList.Add(argument);
        start.Environment["OUTPUT"] = node.OutputFile;

        var java = Process.Start(start)!;
        node.Pid = java.Id;
        return new NodeProcess(node, java, detached ? null : StartWatchdog(java.Id));
    }

    /// <summary>SIGKILL, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        _watchdog?.Kill(); // first: the process id may belong to somebody else afterwards
        if (!_java.HasExited) _java.Kill();
        await _java.WaitForExitAsync();
        _node.Pid = 0;
    }

    public void Dispose()
    {
        _java.Dispose();
        _watchdog?.Dispose();
    }

    /// <summary>Whether the node's process id is alive and still that node (and no stranger that got the same number later).</summary>
    public static bool IsRunning(EnsembleNode node)
    {
        if (node.Pid == 0) return false;
        string commandLine = $"/proc/{node.Pid}/cmdline";
        if (Directory.Exists("/proc/self")) return File.Exists(commandLine) && ReadOrEmpty(commandLine).Contains(node.ConfigFile, StringComparison.Ordinal);
        return Process.GetProcesses().Any(process => process.Id == node.Pid && process.ProcessName.Contains("java", StringComparison.Ordinal));
    }

    /// <summary>SIGKILL to a node some other process started.</summary>
    public static async Task KillAsync(EnsembleNode node)
    {
        if (IsRunning(node))
        {
            using var java = Process.GetProcessById(node.Pid);
            java.Kill();
            await java.WaitForExitAsync();
        }

        node.Pid = 0;
    }

    private static string ReadOrEmpty(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return ""; // it ended between our looking and our reading
        }
    }

    private static IEnumerable<string> JavaArguments(EnsembleNode node, ZooKeeperInstallation installation, int maxFrameBytes) =>
    [
        installation.Java,
        "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", // small, and quick to start
        "-Dzookeeper.extendedTypesEnabled=true", // znodes with a time to live
        $"-Djute.maxbuffer={maxFrameBytes}",
        $"-Djava.util.logging.config.file={Path.Combine(node.Folder, "logging.properties")}",
        "-cp", $"{node.Folder}{Path.PathSeparator}{installation.ClassPath}", // the node's folder first: its logging files are found there
        "org.apache.zookeeper.server.quorum.QuorumPeerMain", node.ConfigFile,
    ];

    private static Process StartWatchdog(int pid)
    {
        var start = new ProcessStartInfo(File.Exists(SetSid) ? SetSid : "/bin/sh") { RedirectStandardInput = true };
        if (start.FileName == SetSid) start.ArgumentList.Add("/bin/sh");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"cat >/dev/null; kill -9 {pid.ToString(CultureInfo.InvariantCulture)}");
        return Process.Start(start)!;
    }
}
