using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// What a change under the partition's lock has to tell others once the lock is left: producers whose wait is over and with which result, parked fetches
/// to wake, whether there is an ISR to write, and whether the leader wants to hand over.
/// </summary>
internal readonly record struct Aftermath(List<CommitWait>? Over, ErrorCode Result, List<ProgressWatch>? Wake, bool IsrProposed = false, bool Yields = false)
{
    public void TellOthers()
    {
        if (Over is not null)
            foreach (var wait in Over) wait.Complete(Result);
        if (Wake is not null)
            foreach (var watch in Wake) watch.Raise();
    }
}
