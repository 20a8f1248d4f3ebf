using System.CommandLine;
using System.Globalization;
using ClassicBroker.Testing;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>ensemble</c>: a ZooKeeper ensemble alone, without brokers. The same code starts the one of <c>up</c>, and this command reaches that one too.</summary>
internal static class EnsembleCommand
{
    public static Command Build() => new("ensemble", "A ZooKeeper ensemble alone: up, down, status, kill N, restart N, logs")
    {
        Up(),
        Plain("down", "Stop every server; data stays"),
        Plain("status", "Process, port and mode of every server"),
        OfServer("kill", "Kill one server with SIGKILL", ArgumentArity.ExactlyOne),
        OfServer("restart", "Kill one server if it runs, and start it again with its data", ArgumentArity.ExactlyOne),
        OfServer("logs", "Show the last lines of every server's log, or of one", ArgumentArity.ZeroOrOne),
    };

    private static Command Up()
    {
        var nodes = new Option<int>("--nodes") { Description = "How many servers; 3 survive the loss of one", DefaultValueFactory = _ => 3 };
        return new Command("up", "Start the servers and wait until they serve") { nodes }
            .Runs((parsed, _) => RunAsync(parsed, "up", "--nodes", parsed.GetValue(nodes).ToString(CultureInfo.InvariantCulture)));
    }

    private static Command Plain(string name, string description) =>
        new Command(name, description).Runs((parsed, _) => RunAsync(parsed, name));

    private static Command OfServer(string name, string description, ArgumentArity arity)
    {
        var server = new Argument<int?>("N") { Description = "Number of the server: 1, 2, 3 …", Arity = arity };
        return new Command(name, description) { server }.Runs((parsed, _) =>
            parsed.GetValue(server) is int n ? RunAsync(parsed, name, n.ToString(CultureInfo.InvariantCulture)) : RunAsync(parsed, name));
    }

    private static Task<int> RunAsync(ParseResult parsed, params string[] words) =>
        EnsembleCommands.RunAsync([.. words, "--data", OwnEnsemble.Folder(parsed.DataDirectory())], Console.Out);
}
