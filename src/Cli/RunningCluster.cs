using ClassicBroker.Testing;

namespace ClassicBroker.Cli;

/// <summary>Finds the cluster a command is about.</summary>
internal static class RunningCluster
{
    /// <summary>The cluster started in this folder.</summary>
    /// <exception cref="ClusterException">There is none; the message says how to start one.</exception>
    public static ClusterProcesses In(string dataDirectory) =>
        ClusterProcesses.Attach(dataDirectory, TimeProvider.System) ?? throw Missing(dataDirectory);

    /// <summary>The failure when no cluster is there.</summary>
    public static ClusterException Missing(string dataDirectory) =>
        new($"no cluster was started in {dataDirectory}. Start one with ./classic up, or name its folder with --data.");
}
