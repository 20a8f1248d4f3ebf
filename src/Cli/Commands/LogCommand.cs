using System.CommandLine;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Inspection;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary>
/// <c>log dump</c> and <c>log verify</c>: the files of a log, ours or Kafka's, shown and judged. Both only read, so a broker may be running.
/// </summary>
internal static class LogCommand
{
    private static readonly Argument<string[]> Paths = new("PATH")
    {
        Description = "A log directory (one of log.dirs), a partition directory, or single files: .log .index .timeindex .txnindex .snapshot, checkpoints, meta.properties, partition.metadata",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Build() => new("log", "Look at the files of a log, ours or Kafka's, and ask whether they are whole") { Dump(), Verify() };

    private static Command Dump()
    {
        var deep = new Option<bool>("--deep") { Description = "The records of each batch too, decompressed" };
        var data = new Option<bool>("--print-data") { Description = "Keys and values of the records too (implies --deep)" };
        return new Command("dump", "Show what is in the files: batches, index entries, producers, checkpoints, in the words of Kafka's dump tool") { Paths, deep, data }
            .Runs(async (parsed, cancel) =>
            {
                var dump = new LogDump(new DiskLogFiles());
                var files = parsed.GetValue(Paths)!.SelectMany(p => dump.FilesOf(Path.GetFullPath(p))).ToList();
                await using var output = Console.OpenStandardOutput();
                var screen = DumpScreen.To(output, parsed.Screen().IsJson);
                await screen.WriteAsync(files.Select(f => (f, dump.Lines(f, parsed.GetValue(deep), parsed.GetValue(data)))), cancel).ConfigureAwait(false);
                return ExitCode.Ok;
            });
    }

    private static Command Verify()
    {
        var parallel = new Option<int>("--parallel") { Description = "Partitions read at a time", HelpName = "N", DefaultValueFactory = _ => Environment.ProcessorCount };
        return new Command("verify", "Check every batch's CRC, offsets and epochs, and indexes, transactions, snapshots and checkpoints against them; exit code 1 when something is wrong")
        {
            Paths, parallel,
        }.Runs(async (parsed, cancel) =>
        {
            if (parsed.GetValue(parallel) is < 1 and var wrong) throw new UsageException($"--parallel {wrong}: must be 1 or more");
            var verify = new LogVerify(new DiskLogFiles());
            var reports = new List<LogReport>();
            foreach (var path in parsed.GetValue(Paths)!)
                reports.Add(await verify.VerifyAsync(Path.GetFullPath(path), parsed.GetValue(parallel), cancel).ConfigureAwait(false));
            parsed.Screen().Show(reports, Draw);
            return reports.Any(r => r.AllFlaws.Any()) ? ExitCode.Failed : ExitCode.Ok;
        });
    }

    private static void Draw(IAnsiConsole console, IReadOnlyList<LogReport> reports)
    {
        foreach (var report in reports)
        {
            var table = Screen.Table("partition", "segments", "batches", "records", "bytes", "offsets", "flaws");
            foreach (var p in report.Partitions)
                table.AddRow(Markup.Escape(Path.GetFileName(p.Directory)), $"{p.Segments}", $"{p.Batches}", $"{p.Records}", $"{p.Bytes}",
                    $"{p.StartOffset} .. {p.EndOffset}", p.Flaws.Count == 0 ? "0" : $"[red]{p.Flaws.Count}[/]");
            console.Write(table);
            foreach (var note in report.Partitions.SelectMany(p => p.Notes))
                console.WriteLine($"note  {Line(note)}");
            foreach (var flaw in report.AllFlaws)
                console.WriteLine($"FLAW  {Line(flaw)}");
            var flaws = report.AllFlaws.Count();
            console.WriteLine(flaws == 0 ? $"{report.Path}: whole." : $"{report.Path}: {flaws} flaws.");
        }
    }

    private static string Line(LogFlaw flaw) =>
        $"{flaw.File} at {flaw.Position}{(flaw.Offset is { } offset ? $", offset {offset}" : "")}: {flaw.What}. ({flaw.Meaning})";
}
