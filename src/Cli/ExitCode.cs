namespace ClassicBroker.Cli;

/// <summary>The tool's exit codes, the same for every command.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Understood, tried and failed; the reason is on standard error.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong; nothing was tried.</summary>
    public const int Usage = 2;
}
