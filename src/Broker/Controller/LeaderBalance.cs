using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Which partitions should go back to their preferred leader (<c>auto.leader.rebalance.enable</c>). Pure. A broker is out of balance when more than the allowed
/// percentage of the partitions that prefer it are led by others; then all of them that can go back are named.
/// </summary>
public static class LeaderBalance
{
    public static List<TopicPartition> Due(ControllerState state, int allowedPercentage)
    {
        var byPreferred = state.AllPartitions().Where(state.Partitions.ContainsKey).GroupBy(partition => state.Replicas(partition)[0]);
        var due = new List<TopicPartition>();
        foreach (var preferred in byPreferred)
        {
            if (!state.IsLive(preferred.Key)) continue;
            int all = 0;
            var elsewhere = new List<TopicPartition>();
            foreach (var partition in preferred)
            {
                all++;
                if (state.Partitions[partition].State.Leader != preferred.Key) elsewhere.Add(partition);
            }
            if ((long)elsewhere.Count * 100 > (long)all * allowedPercentage) due.AddRange(elsewhere.Where(partition => CanGoBack(state, partition)));
        }
        return due;
    }

    private static bool CanGoBack(ControllerState state, TopicPartition partition)
    {
        int preferred = state.Replicas(partition)[0];
        var topic = state.Topics[partition.Topic];
        bool moving = topic.Adding.ContainsKey(partition.Partition) || topic.Removing.ContainsKey(partition.Partition);
        return !moving && state.MayLead(preferred, partition) && state.Partitions[partition].State.Isr.Contains(preferred);
    }
}
