using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>The kinds of election a person may ask for; numbers as on the wire.</summary>
public enum ElectionKind : sbyte
{
    Preferred = 0,
    Unclean = 1,
}

/// <summary>
/// Elections that are asked for, by API, by znode or by the balance: back to the preferred replica, or out of the ISR by an operator's explicit wish.
/// An election that is not needed is answered so and changes nothing.
/// </summary>
public sealed class RequestedElections(ControllerEffects effects, LeadershipWrites leadership)
{
    /// <param name="partitions">Null: all of them.</param>
    public async Task<(ControllerState State, IReadOnlyDictionary<TopicPartition, RequestOutcome> Outcomes)> RunAsync(
        ControllerState state, ElectionKind kind, IReadOnlyCollection<TopicPartition>? partitions, CancellationToken ct)
    {
        List<TopicPartition> asked = [.. partitions?.Distinct() ?? state.AllPartitions()];
        var outcomes = asked.ToDictionary(partition => partition, partition => Check(state, kind, partition));
        var result = await leadership.StoreAsync(state, asked.Where(partition => outcomes[partition].Error == ErrorCode.None),
            (view, partition) => (outcomes[partition] = Check(view, kind, partition)).Error == ErrorCode.None ? Decide(view, kind, partition) : null, ct);
        if (result.Changed.Count > 0)
            effects.Log.LogInformation("Controller: {Kind} election of {Count} partitions, first {Partition}", kind, result.Changed.Count, result.Changed[0]);
        effects.Orders.Send(new OrderPlan(result.State).Lead(result.Changed).Tell(result.Changed));
        foreach (var changed in result.Changed) outcomes[changed] = RequestOutcome.Done;
        return (result.State, outcomes);
    }

    /// <summary>An old tool wrote <c>/admin/preferred_replica_election</c>.</summary>
    public async Task<ControllerState> LegacyAsync(ControllerState state, CancellationToken ct)
    {
        if (await effects.Wishes.PreferredElectionsAsync(ct) is not { } asked) return state;
        (state, _) = await RunAsync(state, ElectionKind.Preferred, [.. asked.Select(one => new TopicPartition(one.Topic, one.Partition))], ct);
        await effects.Wishes.RemovePreferredElectionsAsync(state.Term, ct);
        return state;
    }

    /// <summary>Leads partitions from their first replica again where a broker leads too few of those that prefer it.</summary>
    public async Task<ControllerState> BalanceAsync(ControllerState state, CancellationToken ct)
    {
        var due = LeaderBalance.Due(state, effects.Rules.ImbalancePercentage);
        if (due.Count > 0) (state, _) = await RunAsync(state, ElectionKind.Preferred, due, ct);
        return state;
    }

    /// <summary>Pure: may this election be held? ELECTION_NOT_NEEDED when it would change nothing.</summary>
    public static RequestOutcome Check(ControllerState view, ElectionKind kind, TopicPartition partition)
    {
        int[] replicas = view.Replicas(partition);
        if (replicas.Length == 0) return new RequestOutcome(ErrorCode.UnknownTopicOrPartition, $"The partition {partition} does not exist.");
        if (view.Deleting.ContainsKey(partition.Topic)) return new RequestOutcome(ErrorCode.InvalidTopicException, $"The topic {partition.Topic} is being deleted.");
        var current = view.Partitions.GetValueOrDefault(partition)?.State;
        bool isLed = current is not null && current.Leader >= 0 && view.HasReplica(current.Leader, partition);
        if (kind == ElectionKind.Unclean)
        {
            if (isLed) return new RequestOutcome(ErrorCode.ElectionNotNeeded, "Leader election not needed for topic partition.");
            return replicas.Any(replica => view.MayLead(replica, partition))
                ? RequestOutcome.Done
                : new RequestOutcome(ErrorCode.EligibleLeadersNotAvailable, $"No replica of {partition} is alive.");
        }
        if (current?.Leader == replicas[0]) return new RequestOutcome(ErrorCode.ElectionNotNeeded, "Leader election not needed for topic partition.");
        return current is not null && view.MayLead(replicas[0], partition) && current.Isr.Contains(replicas[0])
            ? RequestOutcome.Done
            : new RequestOutcome(ErrorCode.PreferredLeaderNotAvailable, $"The preferred leader {replicas[0]} of {partition} is not alive or not in sync.");
    }

    private static PartitionState? Decide(ControllerState view, ElectionKind kind, TopicPartition partition)
    {
        if (kind == ElectionKind.Unclean) return Elections.Decide(view, partition, uncleanAllowed: true);
        return LeaderElection.Preferred(view.Replicas(partition), view.Partitions[partition].State, id => view.MayLead(id, partition), view.Term.Epoch);
    }
}
