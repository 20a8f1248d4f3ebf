using System.CommandLine;
namespace ClassicBroker.Cli.Commands;
internal static class TopicsCommand { public static Command Build() => new("topics", "Create, list, describe and delete topics"); }
