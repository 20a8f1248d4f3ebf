using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Which of the <c>num.replica.fetchers</c> loops towards one source broker fetches a partition: abs(31 * Java hash of the topic + partition) mod n, as
/// Kafka spreads them (<c>AbstractFetcherManager.getFetcherId</c>), so that thread names and metrics can be compared.
/// </summary>
public static class FetcherIndex
{
    public static int Of(TopicPartition id, int fetchers)
    {
        var hash = 0;
        foreach (var c in id.Topic) hash = unchecked(31 * hash + c);
        hash = unchecked(31 * hash + id.Partition);
        // Java's Utils.abs: MinValue has no positive counterpart and counts as 0.
        return (hash == int.MinValue ? 0 : Math.Abs(hash)) % fetchers;
    }
}
