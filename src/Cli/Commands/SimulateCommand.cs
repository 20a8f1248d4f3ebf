using System.CommandLine;
using ClassicBroker.Testing.Simulation;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>simulate</c>: whole clusters in virtual time, one history for each seed, faults and all; see docs/simulator.md.</summary>
internal static class SimulateCommand
{
    private const int TraceLines = 60, ProgressEvery = 50;

    private static readonly Option<int> Seeds = new("--seeds") { Description = "How many histories", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> First = new("--first") { Description = "The first seed", DefaultValueFactory = _ => 1 };
    private static readonly Option<int?> Seed = new("--seed") { Description = "This one history only" };
    private static readonly Option<bool> Trace = new("--trace") { Description = "With --seed: write down everything that happens" };
    private static readonly Option<Fence> Without = new("--without")
    {
        Description = "Take a fence away, to see that its loss is seen: controller-epoch, leader-epoch, leadership, isr-join, isr-version, broker-epoch",
        CustomParser = given => Enum.TryParse<Fence>(given.Tokens[0].Value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var fence) ? fence : Unknown(given),
    };
    private static readonly Option<int> Workers = new("--workers") { Description = "Histories at once", DefaultValueFactory = _ => Environment.ProcessorCount };

    public static Command Build()
    {
        var command = new Command("simulate", "Simulate clusters under faults, one deterministic history per seed, and check the promises after every step")
        {
            Seeds, First, Seed, Trace, Without, Workers,
        };
        return command.Runs(async (parsed, cancel) =>
        {
            var without = parsed.GetValue(Without);
            return parsed.GetValue(Seed) is { } seed
                ? One(seed, without, parsed.GetValue(Trace), parsed.Screen())
                : await ManyAsync(parsed.GetValue(First), parsed.GetValue(Seeds), parsed.GetValue(Workers), without, parsed.Screen(), cancel).ConfigureAwait(false);
        });
    }

    private static int One(int seed, Fence without, bool trace, Screen screen)
    {
        var result = SimulationRun.Of(seed, without, trace ? Console.Out.WriteLine : null);
        if (result.Broken is not null && !trace)
            foreach (var line in SimulationSweep.LastOf(seed, without, TraceLines)) screen.Say(line);
        screen.Show(result, Draw);
        return result.Broken is null ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<int> ManyAsync(int first, int count, int workers, Fence without, Screen screen, CancellationToken cancel)
    {
        var began = TimeProvider.System.GetTimestamp();
        var done = 0;
        var results = await SimulationSweep.RunAsync(first, count, workers, without, untilBroken: false, result =>
        {
            if (result.Broken is not null) screen.Say($"seed {result.Seed} after {result.Steps} steps: {result.Broken}");
            if (Interlocked.Increment(ref done) % ProgressEvery == 0) screen.Say($"{done} of {count} seeds …");
        }, cancel).ConfigureAwait(false);
        var broken = results.Where(result => result.Broken is not null).ToList();
        if (broken.Count > 0)
        {
            screen.Say($"the end of seed {broken[0].Seed}; all of it: ./classic simulate --seed {broken[0].Seed} --trace{(without == Fence.None ? "" : $" --without {without}")}");
            foreach (var line in SimulationSweep.LastOf(broken[0].Seed, without, TraceLines)) screen.Say(line);
        }
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        screen.Show(new { Seeds = results.Count, Broken = broken, Seconds = seconds, Steps = results.Sum(r => r.Steps), Acknowledged = results.Sum(r => r.Acknowledged) }, (console, total) =>
            console.WriteLine($"{total.Seeds} seeds, {broken.Count} broken, {total.Steps} steps, {total.Acknowledged} records acknowledged, {seconds:F1} s"));
        return broken.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Draw(IAnsiConsole console, SimulationResult result) => console.WriteLine(
        $"seed {result.Seed}: {result.Broken ?? "every promise kept"}; {result.Steps} steps, {result.VirtualTime.TotalSeconds:F1} s of its own time, "
        + $"{result.Acknowledged} records acknowledged, {result.Consumed} consumed, fingerprint {result.Fingerprint:x16}");

    private static Fence Unknown(System.CommandLine.Parsing.ArgumentResult given)
    {
        given.AddError($"--without {given.Tokens[0].Value}: there is no such fence");
        return Fence.None;
    }
}
