using System.CommandLine;
using ClassicBroker.Testing.Verification;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>verify</c>: writes and reads unique values while faults are made on real processes, and judges what clients saw.</summary>
internal static class VerifyCommand
{
    private const int ShownPerKind = 5;
    private const int ShownEvents = 6;

    private static readonly Option<double> Minutes = new("--minutes") { Description = "How long faults are made; reading back comes after it", DefaultValueFactory = _ => 2 };

    private static readonly Option<string> Faults = new("--faults")
    {
        Description = "Which faults: names or groups, comma-separated, or none; --list-faults tells them",
        HelpName = "NAME,…",
        DefaultValueFactory = _ => FaultCatalog.Default,
    };

    private static readonly Option<bool> ListFaults = new("--list-faults") { Description = "Tell the faults there are, and do nothing" };

    private static readonly Option<int> Seed = new("--seed") { Description = "Decides which faults come when", DefaultValueFactory = _ => 1 };

    private static readonly Option<int> Brokers = new("--brokers") { Description = "Brokers to start, 3 to 9", DefaultValueFactory = _ => 3 };

    private static readonly Option<int> Rate = new("--rate") { Description = "Values per second, 1 to 100000", DefaultValueFactory = _ => 400 };

    private static readonly Option<bool> Keep = new("--keep") { Description = "Keep the brokers' data and logs also when nothing was found" };

    private static readonly Option<string?> Check = new("--check") { Description = "Judge this history again instead of running", HelpName = "FILE" };

    private static readonly Option<string[]> Config = new("--config") { Description = "A setting for every broker; may be given many times", HelpName = "KEY=VALUE" };

    private static readonly Option<bool> PromiseAcksOne = new("--promise-acks-1")
    {
        Description = "Judge acks=1 as if it were acks=all: it is not, so losses are found; shows that the checker sees",
    };

    private static readonly Option<int> MinInsync = new("--min-insync") { Description = "min.insync.replicas of the topics; with 1 losses are possible", DefaultValueFactory = _ => 2 };

    public static Command Build() =>
        new Command("verify", "Write and read while brokers are killed, frozen and cut off, and judge whether a promise was broken")
        {
            Minutes, Faults, ListFaults, Seed, Brokers, Rate, Keep, Check, Config, MinInsync, PromiseAcksOne, Bootstrap.Servers,
        }.Runs(RunAsync);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var screen = parsed.Screen();
        if (parsed.GetValue(ListFaults)) return List(screen);
        var options = Options(parsed);
        if (parsed.GetValue(Check) is { } file)
        {
            if (!File.Exists(file)) throw new UsageException($"--check {file}: there is no such file");
            return Show(screen, HistoryChecker.Check(HistoryFile.Read(file)), file);
        }

        var verdict = await VerificationRun.RunAsync(options, screen.Say, TimeProvider.System, cancel).ConfigureAwait(false);
        return Show(screen, verdict, options.HistoryFile);
    }

    private static VerificationOptions Options(ParseResult parsed)
    {
        var (minutes, rate) = (parsed.GetValue(Minutes), parsed.GetValue(Rate));
        if (minutes is not (> 0 and <= 100_000)) throw new UsageException($"--minutes {minutes}: must be more than 0");
        if (rate is < 1 or > 100_000) throw new UsageException($"--rate {rate}: must be between 1 and 100000");
        return new VerificationOptions
        {
            Folder = Path.Combine(parsed.DataDirectory(), "verify"),
            Duration = TimeSpan.FromMinutes(minutes),
            Faults = parsed.GetValue(Faults)!,
            Seed = parsed.GetValue(Seed),
            Brokers = parsed.GetValue(Brokers),
            Keep = parsed.GetValue(Keep),
            BootstrapServers = parsed.GetValue(Bootstrap.Servers),
            Settings = KeyValues.Parse("--config", parsed.GetValue(Config) ?? []),
            Workload = new WorkloadOptions { OperationsPerSecond = rate, MinInsyncReplicas = parsed.GetValue(MinInsync), PromiseAcksOne = parsed.GetValue(PromiseAcksOne) },
        };
    }

    private static int List(Screen screen)
    {
        screen.Show(FaultCatalog.Lines.Select(line => new { line.Name, line.Group, line.Told }).ToList(), (console, lines) =>
        {
            var table = Screen.Table("fault", "group", "what happens");
            foreach (var line in lines) table.AddRow(line.Name, line.Group, Markup.Escape(line.Told));
            console.Write(table);
        });
        return ExitCode.Ok;
    }

    private static int Show(Screen screen, Verdict verdict, string file)
    {
        screen.Show(
            new
            {
                verdict.Holds, verdict = verdict.LastLine, history = file, verdict.Seconds, seed = verdict.Run?.Seed, verdict.Writes, verdict.Faults,
                anomalies = verdict.Anomalies.GroupBy(a => a.Kind).Select(g => new { kind = g.Key, count = g.Count(), told = g.Take(ShownPerKind).Select(a => a.Told) }),
            },
            (console, _) => Draw(console, verdict, file));
        return verdict.Holds ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Draw(IAnsiConsole console, Verdict verdict, string file)
    {
        if (verdict.Faults.Count > 0)
        {
            var faults = Screen.Table("fault", "times", "silence p50 ms", "max ms", "max after healing ms");
            foreach (var f in verdict.Faults) faults.AddRow(f.Fault, $"{f.Count}", $"{f.MedianMs:0}", $"{f.MaxMs:0}", $"{f.MaxAfterHealMs:0}");
            console.Write(faults);
        }

        var writes = Screen.Table("writes", "sent", "acknowledged", "refused", "unsure", "read back", "lost", "duplicated");
        foreach (var w in verdict.Writes)
            writes.AddRow(w.Name, $"{w.Sent}", $"{w.Acknowledged}", $"{w.Refused}", $"{w.Unsure}", $"{w.Read}", $"{w.Lost}", $"{w.Duplicated}");
        console.Write(writes);
        foreach (var kind in verdict.Anomalies.GroupBy(a => a.Kind).OrderBy(g => g.Key))
        {
            console.WriteLine($"{Verdict.Words(kind.Key)}: {kind.Count()}");
            foreach (var anomaly in kind.Take(ShownPerKind))
            {
                console.WriteLine($"  {anomaly.Partition} {anomaly.Told}");
                foreach (var happened in anomaly.Events.Take(ShownEvents)) console.WriteLine($"    {Cut(HistoryFile.Line(happened))}");
            }
        }

        console.WriteLine($"history: {file} ({verdict.Seconds:0} s); judge it again with: ./classic verify --check {file}");
        console.WriteLine(verdict.LastLine);
    }

    private static string Cut(string line) => line.Length <= 300 ? line : line[..300] + " …";
}
