using System.Collections.Immutable;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>The last hand-over of one partition: when (monotonic timestamp), and which leaders gave up one after the other.</summary>
public sealed record HandOverPast(long At, ImmutableHashSet<int> GaveUp);

/// <summary>
/// A leader that cannot gather a quorum passes its task on, through the controller, to a member of the ISR that may (decision 0006). The order is fenced three
/// times: by the controller epoch the sender knows, by its broker epoch, and per partition by the leader epoch it leads in. At most one hand-over per partition
/// and <see cref="ControllerRules.HandOverBackoff"/>, and <see cref="ControllerRules.HandOversPerSecond"/> in all, so a flapping network does not become a
/// storm of elections.
/// </summary>
public sealed class QuorumHandOver(ControllerEffects effects, LeadershipWrites leadership)
{
    public async Task<(ControllerState State, HandOverAnswer Answer)> RunAsync(ControllerState state, HandOverOrder order, CancellationToken ct)
    {
        if (Refusal(state, order) is var refusal && refusal != ErrorCode.None) return (state, new HandOverAnswer { ErrorCode = (short)refusal });
        long now = effects.Time.GetTimestamp();
        var answers = new Dictionary<TopicPartition, ErrorCode>();
        var asked = new Dictionary<TopicPartition, HandOverPartition>();
        foreach (var wish in order.Partitions)
        {
            var partition = new TopicPartition(wish.Topic, wish.Partition);
            answers[partition] = Refusal(state, order.BrokerId, wish);
            if (answers[partition] != ErrorCode.None) continue;
            if (IsTooSoon(state, partition, now) || !TryTake(ref state, now)) answers[partition] = ErrorCode.ThrottlingQuotaExceeded;
            else asked[partition] = wish;
        }
        var result = await leadership.StoreAsync(state, asked.Keys, (view, partition) => Decide(view, order.BrokerId, partition, asked[partition]), ct);
        state = result.State;
        foreach (var partition in asked.Keys.Except(result.Changed))
            answers[partition] = Refusal(state, order.BrokerId, asked[partition]) is var late && late != ErrorCode.None ? late : ErrorCode.EligibleLeadersNotAvailable;
        foreach (var partition in result.Changed) state = Remember(state, partition, order.BrokerId, now);
        effects.Orders.Send(new OrderPlan(state).Lead(result.Changed).Tell(result.Changed));
        return (state, new HandOverAnswer
        {
            Partitions = [.. answers.Select(entry => new PartitionAnswer { Topic = entry.Key.Topic, Partition = entry.Key.Partition, ErrorCode = (short)entry.Value })],
        });
    }

    private static ErrorCode Refusal(ControllerState state, HandOverOrder order)
    {
        var heard = new ControllerEpoch(order.ControllerEpoch);
        if (heard > state.Term.Epoch) return ErrorCode.NotController;
        if (heard < state.Term.Epoch) return ErrorCode.StaleControllerEpoch;
        if (!state.Brokers.TryGetValue(order.BrokerId, out var broker)) return ErrorCode.BrokerNotAvailable;
        return new BrokerEpoch(order.BrokerEpoch) == broker.Epoch ? ErrorCode.None : ErrorCode.StaleBrokerEpoch;
    }

    // What is stored now decides, so this is asked again after a write lost its race.
    private static ErrorCode Refusal(ControllerState state, int sender, HandOverPartition wish)
    {
        var partition = new TopicPartition(wish.Topic, wish.Partition);
        if (state.Deleting.ContainsKey(wish.Topic) || !state.Partitions.TryGetValue(partition, out var stored)) return ErrorCode.UnknownTopicOrPartition;
        if (state.Topics.TryGetValue(wish.Topic, out var topic) && topic.TopicId != wish.TopicId) return ErrorCode.UnknownTopicOrPartition;
        return stored.State.Leader == sender && stored.State.LeaderEpoch == new LeaderEpoch(wish.LeaderEpoch) ? ErrorCode.None : ErrorCode.FencedLeaderEpoch;
    }

    private PartitionState? Decide(ControllerState view, int sender, TopicPartition partition, HandOverPartition wish)
    {
        if (Refusal(view, sender, wish) != ErrorCode.None) return null;
        var gaveUp = view.HandOvers.GetValueOrDefault(partition)?.GaveUp ?? [];
        var next = LeaderElection.HandOver(view.Replicas(partition), view.Partitions[partition].State, wish.Reachable, gaveUp,
            id => view.MayLead(id, partition), view.Term.Epoch);
        if (next is not null)
            effects.Log.LogWarning("{Partition}: leader {Leader} reaches only [{Reachable}] of ISR [{Isr}] and hands over to {Next}",
                partition, sender, string.Join(",", wish.Reachable), string.Join(",", next.Isr), next.Leader);
        return next;
    }

    private bool IsTooSoon(ControllerState state, TopicPartition partition, long now) =>
        state.HandOvers.TryGetValue(partition, out var past) && effects.Time.GetElapsedTime(past.At, now) < effects.Rules.HandOverBackoff;

    private bool TryTake(ref ControllerState state, long now)
    {
        var (since, count) = state.HandOversNow;
        if (count == 0 || effects.Time.GetElapsedTime(since, now) >= TimeSpan.FromSeconds(1)) (since, count) = (now, 0);
        if (count >= effects.Rules.HandOversPerSecond) return false;
        state = state with { HandOversNow = (since, count + 1) };
        return true;
    }

    // Who gave up counts while the trouble lasts: as long as hand-overs follow each other within ten pauses.
    private ControllerState Remember(ControllerState state, TopicPartition partition, int sender, long now)
    {
        var gaveUp = state.HandOvers.TryGetValue(partition, out var past) && effects.Time.GetElapsedTime(past.At, now) < effects.Rules.HandOverBackoff * 10
            ? past.GaveUp.Add(sender)
            : [sender];
        return state with { HandOvers = state.HandOvers.SetItem(partition, new HandOverPast(now, gaveUp)) };
    }
}
