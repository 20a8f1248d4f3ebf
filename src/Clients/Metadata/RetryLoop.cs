using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Clients.Metadata;

/// <summary>
/// Asks again while the failure is of the passing kind: a broken connection or a retriable error code. Pauses double from the first to the
/// longest backoff; when the time is up the last failure is thrown as it is.
/// </summary>
public sealed class RetryLoop(ClusterOptions options, TimeProvider time)
{
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken ct = default) =>
        RunAsync(attempt, static (_, _) => Task.CompletedTask, options.CallTimeout, ct);

    /// <param name="beforeRetry">Runs after the pause, with the failure; its own passing failures are part of the next attempt's.</param>
    public async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> attempt,
        Func<Exception, CancellationToken, Task> beforeRetry,
        TimeSpan limit,
        CancellationToken ct)
    {
        long started = time.GetTimestamp();
        Exception? last = null;
        for (int failures = 0; ; failures++)
        {
            try
            {
                if (last is not null) await beforeRetry(last, ct).ConfigureAwait(false);
                return await attempt(ct).ConfigureAwait(false);
            }
            catch (Exception e) when (IsPassing(e) && time.GetElapsedTime(started) + Pause(failures) < limit)
            {
                last = e;
            }
            await Task.Delay(Pause(failures), time, ct).ConfigureAwait(false);
        }
    }

    public static bool IsPassing(Exception failure) =>
        failure is BrokerConnectionException || (failure is BrokerErrorException { Code: var code } && code.IsRetriable());

    /// <summary>The pause after so many failures before this one.</summary>
    public TimeSpan Pause(int failures)
    {
        double doubled = options.RetryBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30));
        return TimeSpan.FromMilliseconds(Math.Min(doubled, options.RetryBackoffMax.TotalMilliseconds));
    }
}
