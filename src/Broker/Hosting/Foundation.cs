using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Log;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// What must be there before the broker's parts can be made: the locked data directories, the ZooKeeper session, and the ids. In this order:
/// <list type="number">
/// <item>lock the data directories: from here on no other process of this broker is alive, so</item>
/// <item>the session of our previous life may be closed (its ephemeral znodes go at once), and a new one opened;</item>
/// <item>make sure of the znode tree, read or make the cluster id;</item>
/// <item>find the broker id: configured, else saved in the data directory, else generated;</item>
/// <item>write both ids into the data directory, refusing a directory of another broker or cluster.</item>
/// </list>
/// </summary>
internal sealed class Foundation : IAsyncDisposable
{
    internal Foundation(LogDirectories directories, IZooKeeper zooKeeper, ISavedSession savedSession, int brokerId, string clusterId)
    {
        Directories = directories;
        ZooKeeper = zooKeeper;
        SavedSession = savedSession;
        BrokerId = brokerId;
        ClusterId = clusterId;
    }

    public LogDirectories Directories { get; }

    public IZooKeeper ZooKeeper { get; }

    public ISavedSession SavedSession { get; }

    public int BrokerId { get; }

    public string ClusterId { get; }

    /// <exception cref="StartupException">A step failed for a reason the user can do something about.</exception>
    public static async Task<Foundation> LayAsync(BrokerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct)
    {
        var directories = OpenDirectories(options, loggers, time);
        ZooKeeperClient? zooKeeper = null;
        try
        {
            var saved = new SavedSession(options.LogDirs[0], loggers.CreateLogger<SavedSession>());
            var reach = ZooKeeperOptions(options.ZooKeeper);
            await saved.EndPreviousAsync(reach, time, ct);
            zooKeeper = await ConnectAsync(reach, loggers, time, ct);
            saved.Save(zooKeeper.SessionId, zooKeeper.SessionPassword.Span);
            await ZNodeTree.EnsureAsync(zooKeeper, ct);
            var clusterId = await new ClusterIdStore(zooKeeper).ReadOrCreateAsync(ct);
            var brokerId = await BrokerIdAsync(options, directories, zooKeeper, ct);
            directories.Adopt(brokerId, clusterId);
            return new Foundation(directories, zooKeeper, saved, brokerId, clusterId);
        }
        catch (Exception e)
        {
            if (zooKeeper is not null)
            {
                await zooKeeper.DisposeAsync();
            }

            await directories.DisposeAsync();
            throw e is LogStorageException ? new StartupException(e.Message, e) : e;
        }
    }

    /// <summary>Ends the session (our ephemeral znodes vanish) and gives the directories free.</summary>
    public async ValueTask DisposeAsync()
    {
        await ZooKeeper.DisposeAsync();
        SavedSession.Delete();
        await Directories.DisposeAsync();
    }

    private static LogDirectories OpenDirectories(BrokerOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        try
        {
            return LogDirectories.Open(
                options.LogDirs, new DiskLogFiles(), time, loggers, TimeSpan.FromMilliseconds(options.Log.RecoveryPointCheckpointIntervalMs));
        }
        catch (LogStorageException e)
        {
            throw new StartupException(e.Message, e);
        }
    }

    private static ZooKeeperOptions ZooKeeperOptions(ZooKeeperSettings settings) => new()
    {
        ConnectString = settings.Connect,
        SessionTimeout = TimeSpan.FromMilliseconds(settings.SessionTimeoutMs),
        ConnectTimeout = TimeSpan.FromMilliseconds(settings.ConnectionTimeoutMs),
        MaxInFlight = settings.MaxInFlight,
    };

    private static async Task<ZooKeeperClient> ConnectAsync(ZooKeeperOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct)
    {
        try
        {
            return await ZooKeeperClient.ConnectAsync(options, time, loggers.CreateLogger<ZooKeeperClient>(), ct);
        }
        catch (Exception e) when (e is ZooKeeperException or TimeoutException or IOException || e.GetType() == typeof(ArgumentException))
        {
            throw new StartupException($"zookeeper.connect={options.ConnectString}: {e.Message}", e);
        }
    }

    private static async Task<int> BrokerIdAsync(BrokerOptions options, LogDirectories directories, IZooKeeper zooKeeper, CancellationToken ct)
    {
        if (options.BrokerId >= 0)
        {
            return options.BrokerId;
        }

        return directories.SavedBrokerId ?? await new BrokerIdSequence(zooKeeper).NextAsync(options.Identity.ReservedMaxId, ct);
    }
}
