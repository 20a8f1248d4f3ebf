using System.Collections.Immutable;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Brokers came or went. They are compared by id <i>and</i> epoch: one that came back under a new epoch before we looked has lost its
/// roles all the same, so it is handled as gone and then as come.
/// </summary>
public sealed class BrokersChanged(ControllerEffects effects, Elections elections, TopicDeletion deletion)
{
    public async Task<ControllerState> RunAsync(ControllerState state, CancellationToken ct)
    {
        var now = (await effects.Registry.ListAsync(ct)).ToDictionary(broker => broker.BrokerId);
        var (gone, come) = Compare(state.Brokers, now);
        if (gone.Count > 0) state = await GoneAsync(state, gone, ct);
        if (come.Count > 0) state = await ComeAsync(state, come, ct);
        return Rewritten(state, now);
    }

    /// <summary>Pure: who is gone and who is new; a bounced broker is in both.</summary>
    public static (HashSet<int> Gone, List<BrokerRegistration> Come) Compare(
        IReadOnlyDictionary<int, BrokerRegistration> before, IReadOnlyDictionary<int, BrokerRegistration> now) =>
        ([.. before.Values.Where(broker => !now.TryGetValue(broker.BrokerId, out var same) || same.Epoch != broker.Epoch).Select(broker => broker.BrokerId)],
         [.. now.Values.Where(broker => !before.TryGetValue(broker.BrokerId, out var same) || same.Epoch != broker.Epoch).OrderBy(broker => broker.BrokerId)]);

    // The same life at other addresses or in another rack: everybody has to find it.
    private ControllerState Rewritten(ControllerState state, Dictionary<int, BrokerRegistration> now)
    {
        var changed = now.Values.Where(broker => state.Brokers.TryGetValue(broker.BrokerId, out var known) && !IsSame(known, broker)).ToList();
        if (changed.Count == 0) return state;
        effects.Log.LogInformation("Controller: brokers changed their registration: {Brokers}", string.Join(", ", changed.Select(broker => broker.BrokerId)));
        state = state with { Brokers = state.Brokers.SetItems(changed.Select(broker => KeyValuePair.Create(broker.BrokerId, broker))) };
        effects.Orders.Send(new OrderPlan(state).TellBrokers());
        return state;
    }

    private static bool IsSame(BrokerRegistration one, BrokerRegistration other) =>
        one.Epoch == other.Epoch && one.Rack == other.Rack && one.Endpoints.SequenceEqual(other.Endpoints);

    private async Task<ControllerState> GoneAsync(ControllerState state, HashSet<int> gone, CancellationToken ct)
    {
        effects.Log.LogInformation("Controller: brokers gone: {Brokers}", string.Join(", ", gone.Order()));
        foreach (int broker in gone) await effects.Orders.RemoveAsync(broker);
        state = state with
        {
            Brokers = state.Brokers.RemoveRange(gone),
            ShuttingDown = state.ShuttingDown.Except(gone),
            FailedReplicas = state.FailedReplicas.Except(state.FailedReplicas.Where(failed => gone.Contains(failed.Broker))),
        };
        var affected = state.PartitionsOn(gone).ToList();
        var result = await elections.RunAsync(state, affected, ct);
        effects.Orders.Send(new OrderPlan(result.State).TellBrokers().Lead(result.Changed).Tell(affected));
        effects.Log.LogInformation("Controller: {Count} partitions changed leader or ISR", result.Changed.Count);
        return result.State;
    }

    private async Task<ControllerState> ComeAsync(ControllerState state, List<BrokerRegistration> come, CancellationToken ct)
    {
        effects.Log.LogInformation("Controller: brokers come: {Brokers}", string.Join(", ", come.Select(broker => $"{broker.BrokerId} (epoch {broker.Epoch})")));
        HashSet<int> ids = [.. come.Select(broker => broker.BrokerId)];
        state = state with
        {
            Brokers = state.Brokers.SetItems(come.Select(broker => KeyValuePair.Create(broker.BrokerId, broker))),
            ShuttingDown = state.ShuttingDown.Except(ids),
        };
        foreach (var broker in come) await effects.Orders.AddAsync(broker);
        var affected = state.PartitionsOn(ids).ToList();
        var neverLed = affected.Where(partition => !state.Partitions.ContainsKey(partition)).ToHashSet();
        var result = await elections.RunAsync(state, affected, ct);
        var changed = result.Changed.ToHashSet();
        effects.Orders.Send(new OrderPlan(result.State)
            .TellBrokers().TellAll(ids)
            .Lead(affected.Where(partition => !changed.Contains(partition)), only: ids)
            .Lead(changed.Where(partition => !neverLed.Contains(partition)))
            .Lead(changed.Where(neverLed.Contains), isNew: true)
            .Tell(affected));
        return await deletion.ResumeAsync(result.State, ids, ct);
    }
}
