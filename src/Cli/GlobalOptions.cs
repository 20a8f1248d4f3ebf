using System.CommandLine;

namespace ClassicBroker.Cli;

/// <summary>Options every command understands.</summary>
internal static class GlobalOptions
{
    /// <summary>Where the cluster keeps its data and where it is remembered.</summary>
    public static Option<string> Data { get; } = new("--data")
    {
        Description = "Folder of the cluster: its data, its logs, cluster.json",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".classic",
        Recursive = true,
    };

    /// <summary>Tables or JSON.</summary>
    public static Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "Tables for people, JSON for scripts",
        DefaultValueFactory = _ => OutputFormat.Table,
        Recursive = true,
    };

    /// <summary>The folder of the cluster, as a full path.</summary>
    public static string DataDirectory(this ParseResult parsed) => Path.GetFullPath(parsed.GetValue(Data)!);

    /// <summary>Where this command prints.</summary>
    public static Screen Screen(this ParseResult parsed) => new(parsed.GetValue(Output));
}
