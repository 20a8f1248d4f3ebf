using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Cli;

/// <summary>Connects to an ensemble, with a deadline and an error that names it.</summary>
internal static class ZooKeeperAccess
{
    // A person waits; a healthy ensemble answers in milliseconds.
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);

    public static async Task<ZooKeeperClient> ConnectAsync(string connect, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Within, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            var options = new ZooKeeperOptions { ConnectString = connect };
            return await ZooKeeperClient
                .ConnectAsync(options, TimeProvider.System, NullLogger<ZooKeeperClient>.Instance, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new ClusterException(
                $"ZooKeeper at {connect} did not answer within {Within.TotalSeconds:0} s. See ./classic ensemble status", late);
        }
    }
}
