using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// One background task that does the same small thing every so often until it is stopped. A turn that fails is logged and the next one comes all the
/// same: a full disk today must not end checkpoints for ever.
/// </summary>
public abstract class PeriodicLoop(TimeSpan every, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>One turn.</summary>
    public abstract void RunOnce();

    public Task StartAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _running = RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public virtual async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested) _stopping.Cancel();
        await _running;
    }

    private async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct)) TryRunOnce();
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    protected void TryRunOnce()
    {
        try
        {
            RunOnce();
        }
        catch (Exception failure)
        {
            logger.LogError(failure, "{Loop} failed this time", GetType().Name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }
}
