using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>Topics appeared, vanished or got more partitions: new partitions get their first leader, and everybody is told.</summary>
public sealed class TopicsChanged(ControllerEffects effects, Elections elections)
{
    /// <summary>Compares the list of topics with what is known.</summary>
    public async Task<ControllerState> RunAsync(ControllerState state, CancellationToken ct)
    {
        HashSet<string> now = new(await effects.Topics.ListAsync(ct), StringComparer.Ordinal);
        foreach (string vanished in state.Topics.Keys.Where(topic => !now.Contains(topic)).ToList()) state = Vanished(state, vanished);
        return await TakeInAsync(state, [.. now.Where(topic => !state.Topics.ContainsKey(topic))], ct);
    }

    /// <summary>Reads one topic again: it has got more partitions.</summary>
    public Task<ControllerState> ReadAgainAsync(ControllerState state, string topic, CancellationToken ct) =>
        state.Deleting.ContainsKey(topic) ? Task.FromResult(state) : TakeInAsync(state, [topic], ct);

    /// <summary>
    /// Reads all topics again and takes in what another wrote: more partitions, or another topic of the same name (its id differs; what we knew of the
    /// old one is dropped, so no epoch of it can reach the new one).
    /// </summary>
    public async Task<ControllerState> ReadAllAgainAsync(ControllerState state, CancellationToken ct)
    {
        var now = await effects.Topics.ReadAsync([.. state.Topics.Keys.Where(topic => !state.Deleting.ContainsKey(topic))], ct);
        foreach (var other in now.Values.Where(topic => topic.TopicId != state.Topics[topic.Topic].TopicId)) state = Vanished(state, other.Topic);
        List<string> changed = [.. now.Values.Where(topic => !state.Topics.TryGetValue(topic.Topic, out var known) || known.ZkVersion != topic.ZkVersion).Select(topic => topic.Topic)];
        return await TakeInAsync(state, changed, ct);
    }

    private async Task<ControllerState> TakeInAsync(ControllerState state, IReadOnlyList<string> topics, CancellationToken ct)
    {
        if (topics.Count == 0) return state;
        var assignments = await effects.Topics.ReadAsync(topics, ct);
        var fresh = assignments.Values.SelectMany(ControllerState.PartitionsOf).Where(partition => state.Replicas(partition).Length == 0).ToList();
        // A controller before us may have stored a state and died before it told anyone.
        var stored = await effects.States.ReadAsync([.. fresh.Select(partition => (partition.Topic, partition.Partition))], ct);
        state = state with
        {
            Topics = state.Topics.SetItems(assignments),
            Partitions = state.Partitions.SetItems(stored.Select(entry =>
                KeyValuePair.Create(new TopicPartition(entry.Key.Topic, entry.Key.Partition), entry.Value))),
        };
        var result = await elections.RunAsync(state, fresh, ct);
        effects.Orders.Send(new OrderPlan(result.State).Lead(fresh, isNew: true).Tell(fresh));
        if (fresh.Count > 0) effects.Log.LogInformation("Controller: {Partitions} new partitions of {Topics}", fresh.Count, string.Join(", ", assignments.Keys.Order(StringComparer.Ordinal).Take(10)));
        return result.State;
    }

    // A person or a tool removed the znodes: nobody is to be told about the topic any more; its logs stay, for they may be wanted.
    private ControllerState Vanished(ControllerState state, string topic)
    {
        if (state.Deleting.ContainsKey(topic)) return state;
        effects.Log.LogWarning("Controller: the znode of topic {Topic} vanished; the topic is forgotten", topic);
        effects.Orders.Send(new OrderPlan(state).Forget(ControllerState.PartitionsOf(state.Topics[topic])));
        return state.WithoutTopic(topic);
    }
}
