using System.CommandLine;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>ensemble</c>: a ZooKeeper ensemble alone, without brokers. The same code starts the one of <c>up</c>.</summary>
internal static class EnsembleCommand
{
    public static Command Build() => new Command("ensemble", "A ZooKeeper ensemble alone: up, down, status, kill N, restart N, logs");
}
