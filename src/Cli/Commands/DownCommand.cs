using System.CommandLine;
using ClassicBroker.Testing;

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
                await StopAsync(screen, cluster, data).ConfigureAwait(false);
                if (parsed.GetValue(delete)) Directory.Delete(data, recursive: true);
                return ExitCode.Ok;
            });
    }

    /// <summary>Stops brokers and, when it is the cluster's own, the ensemble; tells what had to be killed.</summary>
    public static async Task StopAsync(Screen screen, ClusterProcesses cluster, string data)
    {
        var own = cluster.State.OwnsEnsemble;
        var killed = await screen.WhileAsync("stopping the brokers …", async say =>
        {
            var late = await cluster.StopAsync().ConfigureAwait(false);
            if (!own) return late;
            say("stopping the ensemble …");
            await OwnEnsemble.StopAsync(data, CancellationToken.None).ConfigureAwait(false);
            return late;
        }).ConfigureAwait(false);
        screen.Show(new { stopped = true, killed }, (console, result) => console.Write(
            result.killed.Count == 0
                ? "stopped.\n"
                : $"stopped; killed because they did not stop in time: broker {string.Join(", ", result.killed)}.\n",
            Spectre.Console.Style.Plain));
    }
}
