using ClassicBroker.Testing;

namespace ClassicBroker.Cli;

/// <summary>The ensemble that belongs to a cluster: it lives in the folder <c>zookeeper</c> of the cluster's own.</summary>
internal static class OwnEnsemble
{
    /// <summary>Starts it and waits for its quorum; returns the connect string.</summary>
    public static Task<string> StartAsync(string dataDirectory, int servers, CancellationToken cancel) =>
        throw new ClusterException("the ensemble cannot be started yet; give --zookeeper HOST:PORT");

    /// <summary>Stops it.</summary>
    public static Task StopAsync(string dataDirectory, CancellationToken cancel) => Task.CompletedTask;
}
