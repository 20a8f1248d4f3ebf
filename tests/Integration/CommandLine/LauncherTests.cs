using System.Diagnostics;
using System.Text.Json;
using ClassicBroker.Testing;

namespace ClassicBroker.Integration.CommandLine;

/// <summary>The tool as people and scripts use it: through <c>./classic</c>, from a folder of its own.</summary>
public sealed class LauncherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("classic-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_cluster_is_started_used_broken_mended_and_stopped_and_leaves_no_process_behind()
    {
        var up = Json(await RunAsync("", "up", "--detach", "--brokers", "3", "--zookeepers", "1", "--port", "0", "-o", "json"));
        var processes = Processes();
        try
        {
            Assert.Equal(3, up.GetProperty("brokers").GetArrayLength());
            await RunAsync("", "topics", "create", "letters", "--partitions", "2", "--replication-factor", "3");
            Assert.Equal("letters", Json(await RunAsync("", "topics", "list", "-o", "json"))[0].GetProperty("name").GetString());
            var produced = Json(await RunAsync("a:1\nb:2\nc:3\n", "produce", "letters", "--key-separator", ":", "-o", "json"));
            Assert.Equal(3, produced.GetProperty("records").GetInt32());
            Assert.Equal(["1", "2", "3"], Lines(await RunAsync("", "consume", "letters", "--from-beginning", "--exit")).Order());
            Assert.Single(Lines(await RunAsync("", "consume", "letters", "--from-beginning", "--count", "1")));

            await RunAsync("", "kill", "2");
            Assert.Equal("dead", State(Json(await FailAsync(1, "status", "-o", "json")), 2));
            await RunAsync("", "start", "2");
            var status = Json(await RunAsync("", "status", "-o", "json"));
            Assert.Equal("ready", State(status, 2));
            Assert.Equal(3, status.GetProperty("partitions").EnumerateArray().Sum(p => p.GetProperty("highWatermark").GetInt64()));

            Assert.Contains("\"brokerid\"", await RunAsync("", "zk", "get", "/controller"));
            await RunAsync("", "topics", "delete", "letters");
        }
        finally
        {
            processes.AddRange(Processes());
            await RunAsync("", "down");
        }

        Assert.NotEmpty(processes);
        Assert.DoesNotContain(processes, p => p.IsAlive);
        Assert.Null(ClusterState.Load(_folder));
    }

    [Fact]
    public async Task Ctrl_C_stops_a_cluster_in_the_foreground_and_leaves_no_process_behind()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var launcher = Start("up", "--brokers", "1", "--zookeepers", "1", "--port", "0", "-o", "json");
        launcher.StandardInput.Close();
        var complained = launcher.StandardError.ReadToEndAsync(limit.Token);
        while (await launcher.StandardOutput.ReadLineAsync(limit.Token) is { } line && line != "}") Assert.NotNull(line);
        var processes = Processes();
        Assert.All(processes, p => Assert.True(p.IsAlive));

        using (var signal = Process.Start("kill", ["-INT", $"{launcher.Id}"])) await signal.WaitForExitAsync(limit.Token);
        await launcher.WaitForExitAsync(limit.Token);

        Assert.True(launcher.ExitCode == 0, await complained);
        Assert.NotEmpty(processes);
        Assert.DoesNotContain(processes, p => p.IsAlive);
    }

    [Theory]
    [InlineData(2, "nonsense")]
    [InlineData(2, "up", "--brokers", "0")]
    [InlineData(2, "up", "--zookeeper", "127.0.0.1:1", "--config", "without-equals")]
    [InlineData(2, "zk", "get", "no/slash")]
    [InlineData(2, "produce", "t", "--acks", "many")]
    [InlineData(1, "status")]
    [InlineData(1, "down")]
    [InlineData(1, "kill", "0")]
    [InlineData(1, "topics", "list")]
    public async Task A_wrong_or_impossible_command_ends_with_its_exit_code_and_a_reason(int exitCode, params string[] words)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var launcher = Start(words);
        launcher.StandardInput.Close();
        var complained = await launcher.StandardError.ReadToEndAsync(limit.Token);
        await launcher.WaitForExitAsync(limit.Token);
        Assert.Equal(exitCode, launcher.ExitCode);
        Assert.StartsWith("classic: ", complained);
        Assert.DoesNotContain("   at ", complained);
    }

    private List<ProcessIdentity> Processes()
    {
        var brokers = ClusterState.Load(_folder)?.Brokers.Select(b => b.Process).OfType<ProcessIdentity>() ?? [];
        var servers = ZooKeeperEnsemble.Find(Path.Combine(_folder, "ensemble"))?.Nodes.Where(n => n.Pid > 0).Select(n => Identity(n.Pid)) ?? [];
        return [.. brokers, .. servers];
    }

    private static ProcessIdentity Identity(int id)
    {
        using var process = Process.GetProcessById(id);
        return ProcessIdentity.Of(process);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string? State(JsonElement status, int broker) =>
        status.GetProperty("brokers").EnumerateArray().Single(b => b.GetProperty("id").GetInt32() == broker).GetProperty("state").GetString();

    private Task<string> FailAsync(int exitCode, params string[] words) => RunAsync("", exitCode, words);

    private Task<string> RunAsync(string input, params string[] words) => RunAsync(input, 0, words);

    private async Task<string> RunAsync(string input, int exitCode, string[] words)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var launcher = Start(words);
        var said = launcher.StandardOutput.ReadToEndAsync(limit.Token);
        var complained = launcher.StandardError.ReadToEndAsync(limit.Token);
        await launcher.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
        launcher.StandardInput.Close();
        await launcher.WaitForExitAsync(limit.Token);
        Assert.True(launcher.ExitCode == exitCode, $"classic {string.Join(' ', words)} ended with {launcher.ExitCode}: {await complained}");
        return await said;
    }

    private Process Start(params string[] words) => Process.Start(
        new ProcessStartInfo(Path.Combine(Root(), "classic"), [.. words, "--data", _folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        })!;

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "ClassicBroker.sln"))) at = at.Parent ?? throw new InvalidOperationException("not inside the repository");
        return at.FullName;
    }
}
