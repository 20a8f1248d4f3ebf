namespace ClassicBroker.Cli;

/// <summary>The command line is wrong in a way the parser cannot see. Ends with <see cref="ExitCode.Usage"/>.</summary>
internal sealed class UsageException(string message) : Exception(message);
