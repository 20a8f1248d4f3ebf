using System.Collections.Immutable;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// The first minutes of a new controller, in an order that matters: watches before reading, so no change is missed; old ISR
/// notifications away before the states are read, because the states contain them; everything loaded with multiRead; then everyone learns who is
/// alive, so that leaders named later can be found; then leaders for what has none, every broker its roles, and the pending deletions.
/// </summary>
public sealed class ControllerFailover(ControllerEffects effects, Elections elections, TopicDeletion deletion)
{
    /// <summary>Sets the controller's watches; they stay set for the session and each event only leaves a hint.</summary>
    public Task WatchAsync(CancellationToken ct) => Task.WhenAll(
        // Recursive: one request each, whatever the number of brokers and topics.
        effects.ZooKeeper.AddWatchAsync(BrokerIdNode.Parent, WatchMode.PersistentRecursive, ct),
        effects.ZooKeeper.AddWatchAsync(TopicNode.Parent, WatchMode.PersistentRecursive, ct),
        effects.ZooKeeper.AddWatchAsync(DeleteTopicNode.Parent, WatchMode.Persistent, ct),
        effects.ZooKeeper.AddWatchAsync(IsrChangeNode.Parent, WatchMode.Persistent, ct),
        effects.ZooKeeper.AddWatchAsync(LogDirEventNode.Parent, WatchMode.Persistent, ct),
        effects.ZooKeeper.AddWatchAsync(ReassignPartitionsNode.Path, WatchMode.Persistent, ct),
        effects.ZooKeeper.AddWatchAsync(PreferredElectionNode.Path, WatchMode.Persistent, ct));

    public async Task<ControllerState> RunAsync(int brokerId, ControllerTerm term, CancellationToken ct)
    {
        long began = effects.Time.GetTimestamp();
        await WatchAsync(ct);
        var old = await effects.IsrChanges.ReadAsync(ct);
        await effects.IsrChanges.DeleteAsync([.. old.Select(notification => notification.Path)], term, ct);
        // Every broker is about to be told its roles anyway, which is what a notification of a failed disk asks for.
        var disks = await effects.LogDirEvents.ReadAsync(ct);
        await effects.LogDirEvents.DeleteAsync([.. disks.Select(notification => notification.Path)], term, ct);
        var state = await LoadAsync(brokerId, term, ct);
        foreach (var broker in state.Brokers.Values) await effects.Orders.AddAsync(broker);
        effects.Orders.Send(new OrderPlan(state).TellBrokers());

        state = await deletion.RunAsync(state, ct);
        var partitions = state.AllPartitions().ToList();
        var neverLed = partitions.Where(partition => !state.Partitions.ContainsKey(partition)).ToHashSet();
        var result = await elections.RunAsync(state, partitions, ct);
        effects.Orders.Send(new OrderPlan(result.State)
            .TellAll(result.State.Brokers.Keys)
            .Lead(partitions.Where(partition => !neverLed.Contains(partition)))
            .Lead(neverLed, isNew: true));
        effects.Log.LogInformation("Controller: epoch {Epoch} is in office with {Brokers} brokers, {Topics} topics, {Partitions} partitions ({Elected} changed) after {Elapsed} ms",
            term.Epoch, state.Brokers.Count, state.Topics.Count, partitions.Count, result.Changed.Count, effects.Time.GetElapsedTime(began).TotalMilliseconds);
        return result.State;
    }

    private async Task<ControllerState> LoadAsync(int brokerId, ControllerTerm term, CancellationToken ct)
    {
        var brokers = await effects.Registry.ListAsync(ct);
        var topics = await effects.Topics.ReadAsync([.. await effects.Topics.ListAsync(ct)], ct);
        var names = topics.Values.SelectMany(ControllerState.PartitionsOf).Select(partition => (partition.Topic, partition.Partition)).ToList();
        var states = await effects.States.ReadAsync(names, ct);
        if (states.Values.Any(stored => stored.State.ControllerEpoch > term.Epoch)) throw new ControllerMovedException();
        return new ControllerState(brokerId, term)
        {
            Brokers = brokers.ToImmutableDictionary(broker => broker.BrokerId),
            Topics = topics.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Partitions = states.ToImmutableDictionary(entry => new TopicPartition(entry.Key.Topic, entry.Key.Partition), entry => entry.Value),
        };
    }
}
