using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// One queue, one reader: all of the controller's decisions happen one after the other. Watch and session callbacks only leave a hint
/// (<see cref="Look"/>), which is taken off before ZooKeeper is read, so a change during the reading leaves a new hint and is never missed.
/// Owner of all controller state: the reader of this loop.
/// </summary>
public sealed class ControllerEventLoop(Func<Looks, Task> look, Func<ControllerEvent, Task> handle, ILogger log)
{
    /// <summary>Events with content that may wait; their senders (broker outboxes, requests) wait beyond that.</summary>
    private const int QueueSize = 1024;

    private readonly Channel<ControllerEvent?> _queue = Channel.CreateBounded<ControllerEvent?>(
        new BoundedChannelOptions(QueueSize) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private int _looks;

    /// <summary>Events waiting now.</summary>
    public int Waiting => _queue.Reader.Count;

    /// <summary>Leaves a hint; never waits, never fails.</summary>
    public void Look(Looks what)
    {
        int before = Interlocked.Or(ref _looks, (int)what);
        // With a full queue the reader is busy and finds the hint after the event it is at.
        if (before == 0) _queue.Writer.TryWrite(null);
    }

    /// <summary>Adds an event; waits while the queue is full. False once the loop has ended.</summary>
    public async ValueTask<bool> PostAsync(ControllerEvent happened, CancellationToken ct = default)
    {
        try
        {
            await _queue.Writer.WriteAsync(happened, ct);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    /// <summary>Runs until <see cref="Complete"/>; an event that fails is logged and the next one is taken.</summary>
    public async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (_queue.Reader.TryRead(out var happened))
            {
                await GuardedAsync(LookAsync);
                if (happened is not null) await GuardedAsync(() => handle(happened));
            }
        }
    }

    public void Complete() => _queue.Writer.TryComplete();

    private Task LookAsync()
    {
        var looks = (Looks)Interlocked.Exchange(ref _looks, 0);
        return looks == Looks.None ? Task.CompletedTask : look(looks);
    }

    private async Task GuardedAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            log.LogError(e, "Controller: an event failed and is left: {Reason}", e.Message);
        }
    }
}
