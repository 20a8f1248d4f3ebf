using System.CommandLine;
namespace ClassicBroker.Cli.Commands;
internal static class StatusCommand { public static Command Build() => new("status", "Brokers, controller and partitions as they are now"); }
