using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Leaders changed ISRs. Their notifications carry only names; the states are read from ZooKeeper when the event is handled
/// (not when it was raised), told to everybody, and only then the notifications are deleted: a crash in between repeats the work.
/// </summary>
public sealed class IsrChanges(ControllerEffects effects)
{
    public async Task<ControllerState> RunAsync(ControllerState state, CancellationToken ct)
    {
        var notifications = await effects.IsrChanges.ReadAsync(ct);
        if (notifications.Count == 0) return state;
        var named = notifications.SelectMany(notification => notification.Partitions).Distinct()
            .Where(name => state.Topics.ContainsKey(name.Topic) && !state.Deleting.ContainsKey(name.Topic)).ToList();
        var stored = await effects.States.ReadAsync(named, ct);
        var partitions = state.Partitions.ToBuilder();
        var changed = new List<TopicPartition>();
        foreach (var ((topic, partition), current) in stored)
        {
            var key = new TopicPartition(topic, partition);
            if (partitions.TryGetValue(key, out var known) && known.ZkVersion >= current.ZkVersion) continue;
            partitions[key] = current;
            changed.Add(key);
        }
        state = state with { Partitions = partitions.ToImmutable() };
        if (changed.Count > 0) effects.Orders.Send(new OrderPlan(state).Tell(changed));
        await effects.IsrChanges.DeleteAsync([.. notifications.Select(notification => notification.Path)], state.Term, ct);
        return state;
    }
}
