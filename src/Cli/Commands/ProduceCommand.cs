using System.CommandLine;
namespace ClassicBroker.Cli.Commands;
internal static class ProduceCommand { public static Command Build() => new("produce", "Write lines from standard input to a topic"); }
