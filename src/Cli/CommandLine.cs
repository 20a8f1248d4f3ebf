using System.CommandLine;
using System.CommandLine.Parsing;

namespace ClassicBroker.Cli;

/// <summary>
/// What is the same for every command: exit codes (<see cref="ExitCode"/>), errors on standard error in one form, and Ctrl-C,
/// which cancels the command's token and leaves it the time to clean up.
/// </summary>
internal static class CommandLine
{
    // Stopping brokers and an ensemble takes seconds; a second Ctrl-C does not wait for that, it is the system's own.
    private static readonly TimeSpan CleanUpWithin = TimeSpan.FromMinutes(2);

    /// <summary>Parses and runs; returns the exit code.</summary>
    public static async Task<int> RunAsync(Command root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0) return Refuse(parsed);
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = CleanUpWithin };
        return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
    }

    /// <summary>Gives a command its action: failures become one line on standard error and exit code 1.</summary>
    public static Command Runs(this Command command, Func<ParseResult, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parsed, cancel) =>
        {
            try
            {
                return await action(parsed, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return ExitCode.Failed;
            }
            catch (UsageException wrong)
            {
                await Console.Error.WriteLineAsync($"classic: {wrong.Message}").ConfigureAwait(false);
                return ExitCode.Usage;
            }
            catch (Exception failure) when (Failures.Explain(failure) is { } told)
            {
                await Console.Error.WriteLineAsync($"classic: {told}").ConfigureAwait(false);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static int Refuse(ParseResult parsed)
    {
        foreach (var error in parsed.Errors) Console.Error.WriteLine($"classic: {error.Message}");
        var names = new List<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Insert(0, command.Command.Name);
        Console.Error.WriteLine($"classic: see {string.Join(' ', names)} --help");
        return ExitCode.Usage;
    }
}
