using System.ComponentModel;
using System.Diagnostics;

namespace ClassicBroker.Testing.Verification;

/// <summary>Runs one of the system's commands.</summary>
internal static class SystemCommand
{
    /// <summary>Runs it; a failure carries what it wrote to standard error.</summary>
    /// <exception cref="ClusterException">It is not there, or ends with another exit code than 0.</exception>
    public static async Task RunAsync(string program, params IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var word in words) start.ArgumentList.Add(word);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var told = await process.StandardError.ReadToEndAsync().ConfigureAwait(false);
            await output.ConfigureAwait(false);
            await process.WaitForExitAsync().ConfigureAwait(false);
            if (process.ExitCode != 0) throw new ClusterException($"{program} {string.Join(' ', words)}: {told.Trim()} (exit code {process.ExitCode})");
        }
        catch (Win32Exception missing)
        {
            throw new ClusterException($"{program} cannot be run: {missing.Message}", missing);
        }
    }
}
