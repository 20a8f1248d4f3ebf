using System.CommandLine;
namespace ClassicBroker.Cli.Commands;
internal static class ConsumeCommand { public static Command Build() => new("consume", "Read a topic and print its records"); }
