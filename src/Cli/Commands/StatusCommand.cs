using System.CommandLine;
using ClassicBroker.Testing;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>status</c>: what every broker says of itself and what ZooKeeper says of all, side by side.</summary>
internal static class StatusCommand
{
    public static Command Build() =>
        new Command("status", "Brokers, controller and partitions as they are now: leader, ISR, LEO, HW").Runs(async (parsed, cancel) =>
        {
            var data = parsed.DataDirectory();
            var state = ClusterState.Load(data) ?? throw RunningCluster.Missing(data);
            var status = await ClusterStatus.ReadAsync(state, data, cancel).ConfigureAwait(false);
            parsed.Screen().Show(status, Draw);
            return status.Brokers.All(b => b.State == "ready") ? ExitCode.Ok : ExitCode.Failed;
        });

    private static void Draw(IAnsiConsole console, ClusterStatus status)
    {
        console.WriteLine($"bootstrap servers {status.BootstrapServers}");
        console.WriteLine($"ZooKeeper         {status.ZooKeeperConnect} ({status.ZooKeeper})");
        console.WriteLine($"controller        {(status.Controller is int id ? $"broker {id}, epoch {status.ControllerEpoch}" : "none")}");
        var brokers = Screen.Table("broker", "state", "address", "process", "memory", "epoch", "leads", "replicas");
        foreach (var b in status.Brokers)
            brokers.AddRow(
                $"{b.Id}{(b.Id == status.Controller ? " (controller)" : "")}", b.State == "ready" ? "[green]ready[/]" : $"[red]{b.State}[/]",
                b.Address, b.Pid is int pid ? $"{pid}" : "-", b.ResidentBytes > 0 ? $"{b.ResidentBytes / 1048576} MiB" : "-",
                b.Epoch is long epoch ? $"{epoch}" : "-", $"{b.Leads}", $"{b.Replicas}");
        console.Write(brokers);
        if (status.Partitions.Count == 0) return;
        var partitions = Screen.Table("topic", "partition", "leader", "epoch", "ISR", "replicas", "HW", "LEO by broker");
        foreach (var p in status.Partitions)
            partitions.AddRow(
                Markup.Escape(p.Topic), $"{p.Partition}", p.Leader < 0 ? "[red]none[/]" : $"{p.Leader}", $"{p.LeaderEpoch}",
                p.Isr.Count < p.Replicas.Count ? $"[yellow]{string.Join(',', p.Isr)}[/]" : string.Join(',', p.Isr),
                string.Join(',', p.Replicas), $"{p.HighWatermark}", string.Join("  ", p.LogEndOffsets.Select(l => $"{l.Key}:{l.Value}")));
        console.Write(partitions);
    }
}
