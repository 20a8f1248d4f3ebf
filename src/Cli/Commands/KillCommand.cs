using System.CommandLine;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>kill BROKER</c>: the fault one wants to see first.</summary>
internal static class KillCommand
{
    public static Command Build()
    {
        var broker = new Argument<int>("BROKER") { Description = "broker.id of the broker" };
        return new Command("kill", "Kill a broker with SIGKILL, as a crash would (start it again with: start)") { broker }
            .Runs(async (parsed, cancel) =>
            {
                var id = parsed.GetValue(broker);
                await using var cluster = RunningCluster.In(parsed.DataDirectory());
                var process = cluster.Broker(id).Process;
                await cluster.KillBrokerAsync(id, cancel).ConfigureAwait(false);
                parsed.Screen().Show(new { broker = id, pid = process!.Id, killed = true }, (console, _) =>
                    console.WriteLine($"broker {id} (process {process.Id}) is dead. Start it again with: ./classic start {id}"));
                return ExitCode.Ok;
            });
    }
}
