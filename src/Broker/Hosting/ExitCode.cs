namespace ClassicBroker.Broker.Hosting;

/// <summary>What the process's exit code says to scripts.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Could not start, or failed while running: something outside the configuration (port, directory, ensemble).</summary>
    public const int Failed = 1;

    /// <summary>The configuration or the command line is wrong; trying again will not help.</summary>
    public const int BadConfiguration = 2;
}
