using System.Globalization;
using System.Runtime.InteropServices;

namespace ClassicBroker.Bench.Log;

/// <summary>
/// <c>./classic bench log</c>: the log beside the machine's own limits, measured in the same minute. A line of the table is a
/// <see cref="Measure"/>; a new one is added to the list of its group, or in a group of its own, listed here.
/// </summary>
internal static class LogBench
{
    private const string Usage = """
        usage: ./classic bench log [--quick] [--only WORD] [--rounds N] [--directory DIR] [--csv FILE]

          --quick          small files and one round: whether it works, not how fast it is
          --only WORD      only measures with this word in the name
          --rounds N       rounds of A B B A per measure (3)
          --directory DIR  where to write; the disk under test (a new folder under the system's temporary one)
          --csv FILE       the table as CSV too
        """;

    public static int Run(string[] args, TextWriter output)
    {
        var settings = new Settings();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick")
                settings = settings with { Quick = true, Rounds = 1 };
            else if (args[i] == "--rounds" && i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var rounds) && rounds > 0)
                (settings, i) = (settings with { Rounds = rounds }, i + 1);
            else if (args[i] is "--only" or "--directory" or "--csv" && i + 1 < args.Length)
                settings = settings.With(args[i], args[++i]);
            else
            {
                output.WriteLine(Usage);
                return args[i] is "--help" or "-h" ? 0 : 2;
            }
        }
        Measure(settings, output);
        return 0;
    }

    private static void Measure(Settings settings, TextWriter output)
    {
        var directory = settings.Directory ?? Directory.CreateTempSubdirectory("classic-bench-").FullName;
        Directory.CreateDirectory(directory);
        try
        {
            output.WriteLine($"{RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}, {directory}; "
                + $"medians of {2 * settings.Rounds} measurements in A B B A order; 1 MB = 10^6 bytes");
            var report = new Report(output, settings.Csv);
            report.Begin();
            foreach (var group in Groups(directory, settings))
            {
                foreach (var measure in group.Where(m => settings.Only is not { } word || m.Name.Contains(word, StringComparison.OrdinalIgnoreCase)))
                    report.Add(Rounds.Run(measure, settings.Rounds));
            }
            report.End();
        }
        finally
        {
            if (settings.Directory is null)
                Directory.Delete(directory, recursive: true);
        }
    }

    private static IEnumerable<IEnumerable<Measure>> Groups(string directory, Settings settings) =>
    [
        Checksums.All(directory, settings),
        Appends.All(directory, settings),
        HotTails.All(directory, settings),
        Reads.All(directory, settings),
        Lookups.All(settings),
        Recovery.All(directory, settings),
        OpenLogs.All(directory, settings),
    ];

    /// <summary>What the command line asked for.</summary>
    internal sealed record Settings(bool Quick = false, int Rounds = 3, string? Only = null, string? Directory = null, string? Csv = null)
    {
        /// <summary>Bytes a measurement moves through the disk.</summary>
        public long Volume => Quick ? 16L << 20 : 256L << 20;

        public Settings With(string option, string value) => option switch
        {
            "--only" => this with { Only = value },
            "--csv" => this with { Csv = Path.GetFullPath(value) },
            _ => this with { Directory = Path.GetFullPath(value) },
        };
    }
}
