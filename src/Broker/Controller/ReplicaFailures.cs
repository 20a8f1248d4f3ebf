using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Disks that failed. A broker announces a lost log directory by a notification that names only the broker; it is then told all its roles again, and its
/// answer says which replicas it has no disk for. Those are offline until the broker comes back: they leave the ISR, and what they led is led by others.
/// </summary>
public sealed class ReplicaFailures(ControllerEffects effects, Elections elections)
{
    /// <summary>Asks every broker that sent a notification; the notifications go last, so a crash in between repeats the question.</summary>
    public async Task<ControllerState> LookAsync(ControllerState state, CancellationToken ct)
    {
        var events = await effects.LogDirEvents.ReadAsync(ct);
        if (events.Count == 0) return state;
        var plan = new OrderPlan(state);
        foreach (int broker in events.Where(one => one.Broker is { } id && state.IsUp(id)).Select(one => one.Broker!.Value).Distinct())
        {
            HashSet<int> only = [broker];
            plan.Lead(state.PartitionsOn(only), only: only);
        }
        effects.Orders.Send(plan);
        await effects.LogDirEvents.DeleteAsync([.. events.Select(one => one.Path)], state.Term, ct);
        return state;
    }

    /// <summary>Errors other than a failed disk mean that the order was old; a newer one is on its way.</summary>
    public async Task<ControllerState> AnsweredAsync(ControllerState state, ControllerEvent.LeadershipAnswered answer, CancellationToken ct)
    {
        if (!state.Brokers.TryGetValue(answer.Broker, out var broker) || broker.Epoch != answer.BrokerEpoch) return state;
        var failed = answer.Failed.Where(partition => partition.ErrorCode == (short)ErrorCode.KafkaStorageError)
            .Select(partition => new TopicPartition(partition.Topic, partition.Partition))
            .Where(partition => !state.FailedReplicas.Contains((answer.Broker, partition))).ToList();
        if (failed.Count == 0) return state;
        effects.Log.LogError("Broker {Broker} has lost the disk of {Count} partitions, first {Partition}", answer.Broker, failed.Count, failed[0]);
        state = state with { FailedReplicas = state.FailedReplicas.Union(failed.Select(partition => (answer.Broker, partition))) };
        var result = await elections.RunAsync(state, failed, ct);
        effects.Orders.Send(new OrderPlan(result.State).Lead(result.Changed).Tell(failed));
        return result.State;
    }
}
