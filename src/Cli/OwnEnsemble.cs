using ClassicBroker.Testing;

namespace ClassicBroker.Cli;

/// <summary>The ensemble that belongs to a cluster: it lives in the folder <c>ensemble</c> of the cluster's own.</summary>
internal static class OwnEnsemble
{
    /// <summary>Where it keeps its data, its logs and ensemble.json.</summary>
    public static string Folder(string dataDirectory) => Path.Combine(dataDirectory, "ensemble");

    /// <summary>Starts it and waits until it serves; returns the connect string.</summary>
    public static async Task<string> StartAsync(string dataDirectory, int servers, CancellationToken cancel)
    {
        var options = new ZooKeeperEnsembleOptions { Nodes = servers, DataFolder = Folder(dataDirectory), Detached = true };
        await using var ensemble = await ZooKeeperEnsemble.StartAsync(options, cancel).ConfigureAwait(false);
        return ensemble.ConnectString;
    }

    /// <summary>Stops it; its data stays.</summary>
    public static async Task StopAsync(string dataDirectory)
    {
        if (ZooKeeperEnsemble.Find(Folder(dataDirectory)) is not { } found) return;
        await using var ensemble = found;
        await ensemble.StopAsync().ConfigureAwait(false);
    }

    /// <summary>"1 leader, 2 follower, 3 down"; null when the cluster uses an ensemble that is not its own.</summary>
    public static async Task<string?> DescribeAsync(string dataDirectory, CancellationToken cancel)
    {
        if (ZooKeeperEnsemble.Find(Folder(dataDirectory)) is not { } found) return null;
        await using var ensemble = found;
        var modes = await Task.WhenAll(ensemble.Nodes.Select(async node =>
            $"{node.Id} {await ensemble.ModeAsync(node.Id, cancel).ConfigureAwait(false) ?? (ensemble.IsRunning(node.Id) ? "no quorum" : "down")}")).ConfigureAwait(false);
        return string.Join(", ", modes);
    }
}
