using System.CommandLine;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>start BROKER</c>: a dead broker comes back with its old data.</summary>
internal static class StartCommand
{
    public static Command Build()
    {
        var broker = new Argument<int>("BROKER") { Description = "broker.id of the broker" };
        return new Command("start", "Start a broker that was killed, with its old data and ports") { broker }
            .Runs(async (parsed, cancel) =>
            {
                var id = parsed.GetValue(broker);
                var screen = parsed.Screen();
                await using var cluster = RunningCluster.In(parsed.DataDirectory());
                var begun = TimeProvider.System.GetTimestamp();
                await screen.WhileAsync($"starting broker {id} …", async _ =>
                {
                    await cluster.StartBrokerAsync(id, cancel).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
                var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
                var process = cluster.Broker(id).Process!;
                screen.Show(new { broker = id, pid = process.Id, seconds }, (console, _) =>
                    console.WriteLine($"broker {id} is ready after {seconds:0.00} s (process {process.Id})."));
                return ExitCode.Ok;
            });
    }
}
