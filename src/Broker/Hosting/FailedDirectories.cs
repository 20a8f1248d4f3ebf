using System.Threading.Channels;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// What becomes of a broker whose log directory failed. Its partitions answer KAFKA_STORAGE_ERROR by themselves; here they stop following, and the
/// controller is told, so that others lead them. The other directories go on. When the last one has failed there is nothing left to serve:
/// <see cref="AllFailed"/> completes, and the process stops.
/// Owner: one loop; a directory that fails only leaves its name, since it may do so under a partition's lock.
/// </summary>
internal sealed class FailedDirectories(
    LogDirectories logs, PartitionRegistry partitions, FollowerFetchers fetchers, LogDirEvents events, BrokerIdentity identity, TimeProvider time,
    ILogger<FailedDirectories> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    // each directory fails once
    private readonly Channel<LogDirectory> _failed = Channel.CreateBounded<LogDirectory>(logs.All.Count);
    private readonly TaskCompletionSource<string> _allFailed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Completes with the reason when no directory is left.</summary>
    public Task<string> AllFailed => _allFailed.Task;

    public Task StartAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        logs.DirectoryFailed += Note;
        foreach (var directory in logs.All.Where(d => d.IsOffline))
            Note(directory);
        _loop = RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        logs.DirectoryFailed -= Note;
        _stopping.Cancel();
        await _loop;
    }

    private void Note(LogDirectory directory) => _failed.Writer.TryWrite(directory);

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (await _failed.Reader.WaitToReadAsync(ct))
            {
                while (_failed.Reader.TryRead(out var directory))
                    await HandleAsync(directory, ct);
            }
        }
        catch (OperationCanceledException)
        {
            logger.LogDebug("No longer looking after failed directories");
        }
    }

    private async Task HandleAsync(LogDirectory directory, CancellationToken ct)
    {
        if (logs.All.All(d => d.IsOffline))
        {
            _allFailed.TrySetResult($"all log directories have failed: {string.Join("; ", logs.All.Select(d => $"{d.Path} ({d.Failure?.Message})"))}");
            return;
        }
        var lost = partitions.All.Where(p => ReferenceEquals(logs.DirectoryOf(p.Log), directory)).ToList();
        foreach (var partition in lost)
            fetchers.Unassign(partition.Id);
        logger.LogError("{Path} has failed; its {Count} partitions are not served here any more, the controller is told", directory.Path, lost.Count);
        while (!await TryTellAsync(ct))
            await Task.Delay(RetryAfter, time, ct);
    }

    private async Task<bool> TryTellAsync(CancellationToken ct)
    {
        try
        {
            await events.WriteAsync(identity.BrokerId, ct);
            return true;
        }
        catch (ZooKeeperException e)
        {
            logger.LogWarning(e, "The controller could not be told of a failed log directory; it is tried again");
            return false;
        }
    }
}
