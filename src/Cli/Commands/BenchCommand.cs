using System.CommandLine;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>bench</c>: listed here so that --help tells of it; the launcher builds and runs the benchmarks before this program starts.</summary>
internal static class BenchCommand
{
    public static Command Build() =>
        new Command("bench", "Measure, beside the machine's own limits: bench log [--quick], bench zookeeper")
        {
            new Argument<string[]>("WHAT") { Description = "log or zookeeper, and their options", Arity = ArgumentArity.ZeroOrMore },
        }.Runs((_, _) => throw new UsageException("the launcher runs the benchmarks: call ./classic bench, not the tool's assembly."));
}
