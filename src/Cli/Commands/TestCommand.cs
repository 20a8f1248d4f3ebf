using System.CommandLine;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>test</c>: listed here so that --help tells of it; the launcher builds and runs the tests before this program starts.</summary>
internal static class TestCommand
{
    public static Command Build() =>
        new Command("test", "Build and run every test; the last line is: N passed, N failed  (all, unit, integration or oracle)")
        {
            new Argument<string[]>("WHICH") { Description = "all, unit, integration or oracle", Arity = ArgumentArity.ZeroOrMore },
        }.Runs((_, _) => throw new UsageException("the launcher runs the tests: call ./classic test, not the tool's assembly."));
}
