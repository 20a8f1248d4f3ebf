using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>
/// A request that was under way when the connection broke may or may not have been done. What can be asked twice without harm
/// (reads, and writes that say so) is asked again here; the next request waits inside the client for the
/// reconnect, so this never spins, and it ends with the session: then SessionExpired comes out.
/// Writes that must not be done twice settle a lost reply by reading back, each in its own store.
/// </summary>
internal static class LostReplies
{
    public static async Task<T> RepeatAsync<T>(Func<Task<T>> idempotent)
    {
        while (true)
        {
            try
            {
                return await idempotent();
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.ConnectionLoss)
            {
                continue;
            }
        }
    }
}
