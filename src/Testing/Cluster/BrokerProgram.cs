using System.Diagnostics;

namespace ClassicBroker.Testing;

/// <summary>
/// Starts the broker program as a process of its own: in its own process group, so that Ctrl-C in the terminal reaches only
/// the one who started it and the stop stays orderly; without standard input; its output appended to a file, so that the
/// broker goes on when its parent is gone.
/// </summary>
internal static class BrokerProgram
{
    // $0 is the log file, the rest is the command. setsid is missing on macOS: there the broker shares the group.
    private const string Launch =
        "if command -v setsid >/dev/null 2>&1; then exec setsid \"$@\" >>\"$0\" 2>&1 </dev/null; else exec \"$@\" >>\"$0\" 2>&1 </dev/null; fi";

    /// <summary>The broker's assembly, which the build puts beside ours.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "ClassicBroker.Broker.dll");

    /// <summary>Starts one broker and returns at once; the process may still fail.</summary>
    /// <param name="prefix">Words before the command; they must end in executing it, so that the process stays the same.</param>
    public static Process Start(BrokerState broker, IReadOnlyDictionary<string, string> settings, IReadOnlyList<string> prefix)
    {
        Directory.CreateDirectory(broker.DataDirectory);
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        // Brokers read settings from CLASSIC_…; this one is for the test scripts.
        start.Environment.Remove("CLASSIC_PEER");
        foreach (var word in (string[])["-c", Launch, broker.LogFile, .. prefix, DotnetProgram(), "exec", Assembly])
            start.ArgumentList.Add(word);
        foreach (var (key, value) in settings)
        {
            start.ArgumentList.Add("--override");
            start.ArgumentList.Add($"{key}={value}");
        }

        return Process.Start(start)
               ?? throw new InvalidOperationException($"broker {broker.Id}: /bin/sh could not be started.");
    }

    // The same dotnet that runs us, when we were started by it; a test program has a launcher of its own.
    private static string DotnetProgram() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
        ?? (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet");
}
