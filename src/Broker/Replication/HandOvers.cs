using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>What the controller said to one wish.</summary>
public enum HandOverReply
{
    /// <summary>Nobody else may lead, or it does not want to: lead on.</summary>
    Refused,

    /// <summary>Another leads now; its order is on the way.</summary>
    Granted,

    /// <summary>Too many hand-overs at once: ask again.</summary>
    AskAgain,
}

/// <summary>The seam to the controller for hand-overs.</summary>
public interface IHandOverRequests
{
    /// <summary>Asks once for all; a wish that is missing in the answer is refused. Throws when the controller cannot be reached.</summary>
    Task<IReadOnlyDictionary<HandOverWish, HandOverReply>> AskAsync(IReadOnlyCollection<HandOverWish> wishes, CancellationToken ct);
}

/// <summary>
/// Brings the wishes of yielding leaders to the controller: gathered for <see cref="GatherFor"/>, so that a cut that hits a thousand partitions is one request, and at most
/// one request at a time. What is not granted, or granted without an order coming in <see cref="HandOverRules.Patience"/>, goes back to its partition.
/// </summary>
/// <remarks>Owner: the one task started by <see cref="StartAsync"/>; <see cref="Enqueue"/> may be called by anybody.</remarks>
public sealed class HandOvers(IHandOverRequests controller, TimeProvider time, ILogger<HandOvers> logger) : IAsyncDisposable
{
    /// <summary>Short beside the lag time that has passed already, long enough for one round of ISR checks.</summary>
    public static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(200);

    /// <summary>Pause before a wish is repeated that the controller had no time for.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    // Each partition is in the queue at most once, so its length is bounded by the partitions of this broker.
    private readonly HashSet<Partition> _queued = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _running = RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public void Enqueue(Partition partition)
    {
        lock (_gate) _queued.Add(partition);
        _signal.Writer.TryWrite(true);
    }

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (await _signal.Reader.WaitToReadAsync(ct))
            {
                _signal.Reader.TryRead(out _);
                await Task.Delay(GatherFor, time, ct);
                await AskAsync(Take(), ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    private List<(Partition Partition, HandOverWish Wish)> Take()
    {
        lock (_gate)
        {
            var wishes = _queued.Select(static p => (Partition: p, Wish: p.CurrentWish())).Where(static w => w.Wish is not null);
            List<(Partition, HandOverWish)> all = [.. wishes.Select(static w => (w.Partition, w.Wish!))];
            _queued.Clear();
            return all;
        }
    }

    private async Task AskAsync(List<(Partition Partition, HandOverWish Wish)> wishes, CancellationToken ct)
    {
        if (wishes.Count == 0) return;
        IReadOnlyDictionary<HandOverWish, HandOverReply> replies = new Dictionary<HandOverWish, HandOverReply>();
        try
        {
            using var patience = new CancellationTokenSource(HandOverRules.Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
            replies = await controller.AskAsync([.. wishes.Select(static w => w.Wish)], either.Token);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            logger.LogWarning("the controller could not be asked to take over {Count} leaderships: {Reason}", wishes.Count, failure.Message);
        }
        logger.LogWarning("asked the controller to move {Count} leaderships this broker has no quorum for, {Granted} granted",
            wishes.Count, replies.Values.Count(static r => r == HandOverReply.Granted));
        foreach (var (partition, wish) in wishes)
        {
            var reply = replies.GetValueOrDefault(wish);
            if (reply == HandOverReply.Granted) _ = EndLaterAsync(partition, wish, ct);
            else if (reply == HandOverReply.AskAgain && !partition.HandOverIsOverdue(wish)) _ = EnqueueLaterAsync(partition, ct);
            else partition.HandOverRefused(wish);
        }
    }

    private async Task EnqueueLaterAsync(Partition partition, CancellationToken ct)
    {
        await Task.Delay(AskAgainAfter, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Enqueue(partition);
    }

    /// <summary>A granted wish whose order does not come is as good as a refused one.</summary>
    private async Task EndLaterAsync(Partition partition, HandOverWish wish, CancellationToken ct)
    {
        await Task.Delay(HandOverRules.Patience, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (!ct.IsCancellationRequested) partition.HandOverRefused(wish);
    }

    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested) _stopping.Cancel();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }
}
