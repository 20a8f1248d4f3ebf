using System.CommandLine;
using ClassicBroker.Testing;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>down</c>: stops what <c>up</c> started, brokers first so that they can say goodbye to ZooKeeper.</summary>
internal static class DownCommand
{
    public static Command Build()
    {
        var delete = new Option<bool>("--delete") { Description = "Delete the cluster's folder too: its data and its logs" };
        return new Command("down", "Stop the brokers and the ensemble that up started; data stays") { delete }
            .Runs(async (parsed, _) =>
            {
                var screen = parsed.Screen();
                var data = parsed.DataDirectory();
                await using var cluster = RunningCluster.In(data);
                // Not cancelled by Ctrl-C: half a stop leaves processes behind.
                var killed = await StopAsync(screen, cluster, data).ConfigureAwait(false);
                if (parsed.GetValue(delete)) Directory.Delete(data, recursive: true);
                screen.Show(new { stopped = true, killed }, (console, result) => console.WriteLine(Told(result.killed)));
                return ExitCode.Ok;
            });
    }

    /// <summary>Stops the brokers and, when it is the cluster's own, the ensemble; returns the brokers that had to be killed.</summary>
    public static async Task<IReadOnlyList<int>> StopAsync(Screen screen, ClusterProcesses cluster, string data) =>
        await screen.WhileAsync("stopping the brokers …", async say =>
        {
            var own = cluster.State.OwnsEnsemble;
            var killed = await cluster.StopAsync().ConfigureAwait(false);
            if (!own) return killed;
            say("stopping the ensemble …");
            await OwnEnsemble.StopAsync(data).ConfigureAwait(false);
            return killed;
        }).ConfigureAwait(false);

    /// <summary>The end of a stop in words.</summary>
    public static string Told(IReadOnlyList<int> killed) =>
        killed.Count == 0 ? "stopped." : $"stopped; killed because they did not stop in time: broker {string.Join(", ", killed)}.";
}
