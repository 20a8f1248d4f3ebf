using System.Threading.Channels;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Writes ISR changes to ZooKeeper. A partition that proposes one puts itself into the queue; the loop takes everything queued, writes the proposals as
/// they stand <i>then</i> (so many changes of one partition become one write) by compare-and-set, many in flight at once, and gives each outcome back to
/// its partition (<see cref="Partition.SettleIsr"/>). A write whose outcome stays unknown (the session is gone) is left pending: the maximal ISR goes
/// on counting both, and the next registration brings a new order. Names of the changed are announced to the controller once per
/// <see cref="AnnounceEvery"/>, all together, so a thousand shrinks are one notification and not a storm (KAFKA-2722).
/// </summary>
/// <remarks>Owner of everything here: the one task started by <see cref="StartAsync"/>; <see cref="Enqueue"/> may be called by anybody.</remarks>
public sealed class IsrUpdates(IIsrWriter writer, TimeProvider time, ILogger<IsrUpdates> logger) : IAsyncDisposable
{
    /// <summary>How long changes are gathered before the controller is told. Kafka waits 2.5 s to 60 s; one short batch a second is no storm either.</summary>
    public static readonly TimeSpan AnnounceEvery = TimeSpan.FromSeconds(1);

    /// <summary>Pause before a write is tried again that failed without an answer.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes in flight at once; the ZooKeeper client pipelines them and has a window of its own.</summary>
    private const int MaxInFlight = 256;

    private readonly Lock _gate = new();
    // Each partition is in the queue at most once (_queued), so its length is bounded by the partitions of this broker.
    private readonly HashSet<Partition> _queued = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HashSet<TopicPartition> _toAnnounce = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private Task _announcing = Task.CompletedTask;
    private long _refused;

    /// <summary>Compare-and-sets refused since the start; may rise after elections, never steadily.</summary>
    public long Refused => Volatile.Read(ref _refused);

    public Task StartAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _running = RunAsync(_stopping.Token);
        _announcing = AnnounceAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    /// <summary>The partition has an ISR to write.</summary>
    public void Enqueue(Partition partition)
    {
        lock (_gate) _queued.Add(partition);
        _signal.Writer.TryWrite(true);
    }

    private async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await _signal.Reader.ReadAsync(ct);
                foreach (var batch in Take().Chunk(MaxInFlight))
                    await Task.WhenAll(batch.Select(partition => WriteAsync(partition, ct)));
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private Partition[] Take()
    {
        lock (_gate)
        {
            Partition[] all = [.. _queued];
            _queued.Clear();
            return all;
        }
    }

    /// <summary>Writes one proposal and settles it; a failure without an answer is queued again after a pause.</summary>
    public async Task WriteAsync(Partition partition, CancellationToken ct)
    {
        if (partition.CurrentProposal() is not { } proposal) return;
        try
        {
            var result = await writer.WriteAsync(partition.Id, proposal, ct);
            if (!result.Written) Interlocked.Increment(ref _refused);
            if (result.Current is not { } current)
            {
                logger.LogWarning("{Partition}: there is no state to change in ZooKeeper, the topic is being deleted", partition.Id);
                return;
            }
            logger.LogInformation("{Partition}: ISR [{Isr}] {Outcome}, ZooKeeper holds {State} at version {Version}",
                partition.Id, string.Join(",", proposal.Wanted.Isr), result.Written ? "written" : "refused", current.State, current.ZkVersion);
            partition.SettleIsr(proposal, current);
            if (result.Written) Announce(partition.Id);
        }
        catch (Exception unknown) when (!ct.IsCancellationRequested)
        {
            logger.LogWarning("{Partition}: writing the ISR failed, trying again: {Reason}", partition.Id, unknown.Message);
            _ = EnqueueLaterAsync(partition, ct);
        }
    }

    private async Task EnqueueLaterAsync(Partition partition, CancellationToken ct)
    {
        await Task.Delay(RetryAfter, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Enqueue(partition);
    }

    private void Announce(TopicPartition id)
    {
        lock (_gate) _toAnnounce.Add(id);
    }

    private async Task AnnounceAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(AnnounceEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct)) await AnnounceGatheredAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task AnnounceGatheredAsync(CancellationToken ct)
    {
        TopicPartition[] changed;
        lock (_gate)
        {
            changed = [.. _toAnnounce];
            _toAnnounce.Clear();
        }
        if (changed.Length == 0) return;
        try
        {
            await writer.AnnounceAsync(changed, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            logger.LogWarning("announcing {Count} ISR changes failed, trying again: {Reason}", changed.Length, failure.Message);
            lock (_gate) _toAnnounce.UnionWith(changed);
        }
    }

    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested) _stopping.Cancel();
        await Task.WhenAll(_running, _announcing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }
}
