using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Brings partitions online after brokers or topics changed: first leaders for new partitions, next leaders for those whose
/// leader is gone, dead followers out of the ISR. Only when nobody in sync is alive are the topics' configurations asked whether
/// a leader outside the ISR is allowed, so the usual case costs no extra reads.
/// </summary>
public sealed class Elections(ControllerEffects effects, LeadershipWrites leadership)
{
    public async Task<LeadershipResult> RunAsync(ControllerState state, IReadOnlyCollection<TopicPartition> partitions, CancellationToken ct)
    {
        var clean = await leadership.StoreAsync(state, partitions, (view, partition) => Decide(view, partition, uncleanAllowed: false), ct);
        var leaderless = partitions.Where(partition => HasLiveReplicaButNoLeader(clean.State, partition)).ToList();
        if (leaderless.Count == 0) return clean;
        var allowed = await UncleanAllowedAsync(leaderless, ct);
        if (allowed.Count == 0) return clean;
        var unclean = await leadership.StoreAsync(clean.State, leaderless.Where(partition => allowed.Contains(partition.Topic)),
            (view, partition) => Decide(view, partition, uncleanAllowed: true), ct);
        return new LeadershipResult(unclean.State, [.. clean.Changed.Union(unclean.Changed)]);
    }

    /// <summary>Pure: what to store for one partition, or null.</summary>
    public static PartitionState? Decide(ControllerState view, TopicPartition partition, bool uncleanAllowed)
    {
        int[] replicas = view.Replicas(partition);
        return view.Partitions.TryGetValue(partition, out var stored)
            ? LeaderElection.AfterBrokersChanged(replicas, stored.State,
                id => view.MayLead(id, partition), id => view.HasReplica(id, partition), view.Term.Epoch, uncleanAllowed)
            : LeaderElection.First(replicas, id => view.MayLead(id, partition), view.Term.Epoch);
    }

    private static bool HasLiveReplicaButNoLeader(ControllerState view, TopicPartition partition) =>
        view.StatusOf(partition) == PartitionStatus.Offline && view.Replicas(partition).Any(id => view.MayLead(id, partition));

    private async Task<HashSet<string>> UncleanAllowedAsync(IEnumerable<TopicPartition> partitions, CancellationToken ct)
    {
        string[] topics = [.. partitions.Select(partition => partition.Topic).Distinct(StringComparer.Ordinal)];
        var configs = await effects.Configs.ReadTopicsAsync(topics, ct);
        return [.. topics.Where(topic => configs[topic].TryGetValue("unclean.leader.election.enable", out string? text)
            ? string.Equals(text, "true", StringComparison.OrdinalIgnoreCase)
            : effects.Rules.UncleanLeaderElection)];
    }
}
