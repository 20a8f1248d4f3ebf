namespace ClassicBroker.Broker.Log;

/// <summary>
/// The same work for many items, several at a time on the pool's threads; with one at a time it stays on the caller's, where a simulator can follow it.
/// </summary>
internal static class SideBySide
{
    public static async Task ForEachAsync<T>(IReadOnlyCollection<T> items, int atOnce, CancellationToken ct, Func<T, CancellationToken, ValueTask> work)
    {
        if (atOnce > 1 && items.Count > 1)
        {
            await Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = ct }, work);
            return;
        }
        foreach (var item in items)
        {
            ct.ThrowIfCancellationRequested();
            await work(item, ct);
        }
    }
}
