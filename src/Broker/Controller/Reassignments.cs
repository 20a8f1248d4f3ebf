using System.Collections.Immutable;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Begins, cancels and ends reassignments (<see cref="PartitionReassignment"/>). What is under way stands in the topic znodes, so a new controller goes on where
/// the old one was: it looks at each and either waits for the ISR or ends it. A topic's partitions are written together.
/// </summary>
public sealed class Reassignments(ControllerEffects effects)
{
    /// <summary>A topic is written by us, by leaders (states) and by CreatePartitions; more refusals in a row point to a defect.</summary>
    private const int Attempts = 10;

    /// <param name="wishes">The replicas wanted, the preferred leader first; null cancels.</param>
    public async Task<(ControllerState State, IReadOnlyDictionary<TopicPartition, RequestOutcome> Outcomes)> RunAsync(
        ControllerState state, IReadOnlyDictionary<TopicPartition, int[]?> wishes, CancellationToken ct)
    {
        var outcomes = new Dictionary<TopicPartition, RequestOutcome>();
        foreach (var topic in wishes.GroupBy(wish => wish.Key.Topic, StringComparer.Ordinal))
            foreach (var batch in topic.Chunk(AssignmentWrites.MaxStates))
                state = await ChangeAsync(state, topic.Key, view => Begin(view, batch, outcomes), ct);
        return (state, outcomes);
    }

    /// <summary>Ends every reassignment whose target is in sync; looks at ZooKeeper, because leaders write ISRs there.</summary>
    public async Task<ControllerState> ProgressAsync(ControllerState state, CancellationToken ct)
    {
        var ongoing = List(state).ToList();
        if (ongoing.Count == 0) return state;
        var stored = await effects.States.ReadAsync([.. ongoing.Select(one => (one.Partition.Topic, one.Partition.Partition))], ct);
        state = state with
        {
            Partitions = state.Partitions.SetItems(stored.Select(entry => KeyValuePair.Create(new TopicPartition(entry.Key.Topic, entry.Key.Partition), entry.Value))),
        };
        foreach (var topic in ongoing.GroupBy(one => one.Partition.Topic, StringComparer.Ordinal))
            foreach (var batch in topic.Select(one => one.Partition).Chunk(AssignmentWrites.MaxStates))
                state = await ChangeAsync(state, topic.Key, view => End(view, batch), ct);
        return await LegacyDoneAsync(state, ct);
    }

    /// <summary>An old tool wrote <c>/admin/reassign_partitions</c>.</summary>
    public async Task<ControllerState> LegacyAsync(ControllerState state, CancellationToken ct)
    {
        if (await effects.Wishes.ReassignmentsAsync(ct) is not { } asked) return state;
        var fresh = asked.Where(wish => !IsUnderWay(state, wish)).DistinctBy(wish => (wish.Topic, wish.Partition))
            .ToDictionary(wish => new TopicPartition(wish.Topic, wish.Partition), wish => (int[]?)wish.Replicas);
        var (next, outcomes) = await RunAsync(state, fresh, ct);
        foreach (var (partition, outcome) in outcomes.Where(entry => entry.Value.Error != ErrorCode.None))
            effects.Log.LogError("{Partition} is not reassigned as the znode asked: {Error} {Reason}", partition, outcome.Error, outcome.Message);
        return await LegacyDoneAsync(next, ct);
    }

    /// <summary>Pure: what is under way.</summary>
    public static IEnumerable<OngoingReassignment> List(ControllerState state) =>
        from topic in state.Topics.Values
        where topic.Adding.Count + topic.Removing.Count > 0 && !state.Deleting.ContainsKey(topic.Topic)
        from partition in topic.Adding.Keys.Union(topic.Removing.Keys).Order()
        where topic.Replicas.ContainsKey(partition)
        select new OngoingReassignment(new TopicPartition(topic.Topic, partition), topic.Replicas[partition],
            topic.Adding.GetValueOrDefault(partition) ?? [], topic.Removing.GetValueOrDefault(partition) ?? []);

    private static bool IsUnderWay(ControllerState state, (string Topic, int Partition, int[] Replicas) wish) =>
        List(state).FirstOrDefault(one => one.Partition == new TopicPartition(wish.Topic, wish.Partition)) is { } one
        && PartitionReassignment.Target(one.Replicas, one.Removing).SequenceEqual(wish.Replicas);

    // The znode shrinks as its partitions are done or turn out impossible; with the last it goes.
    private async Task<ControllerState> LegacyDoneAsync(ControllerState state, CancellationToken ct)
    {
        if (await effects.Wishes.ReassignmentsAsync(ct) is not { } asked) return state;
        var left = asked.Where(wish => IsUnderWay(state, wish)).ToList();
        if (left.Count < asked.Count || left.Count == 0) await effects.Wishes.KeepReassignmentsAsync(left, state.Term, ct);
        return state;
    }

    private static Dictionary<TopicPartition, ReassignmentStep> Begin(
        ControllerState view, IEnumerable<KeyValuePair<TopicPartition, int[]?>> wishes, Dictionary<TopicPartition, RequestOutcome> outcomes)
    {
        var steps = new Dictionary<TopicPartition, ReassignmentStep>();
        foreach (var (partition, target) in wishes)
        {
            outcomes[partition] = ReassignmentRules.Check(view, partition, target);
            if (outcomes[partition].Error != ErrorCode.None) continue;
            int[] replicas = view.Replicas(partition), adding = view.Topics[partition.Topic].Adding.GetValueOrDefault(partition.Partition) ?? [];
            var step = PartitionReassignment.Begin(replicas, adding, target ?? PartitionReassignment.Origin(replicas, adding),
                view.Partitions[partition].State, id => view.MayLead(id, partition), view.Term.Epoch);
            if (step is null)
                outcomes[partition] = new RequestOutcome(ErrorCode.InvalidReplicaAssignment,
                    $"None of the in-sync replicas [{string.Join(",", view.Partitions[partition].State.Isr)}] would be left, so records would be lost.");
            else
                steps[partition] = step;
        }
        return steps;
    }

    private static Dictionary<TopicPartition, ReassignmentStep> End(ControllerState view, IEnumerable<TopicPartition> partitions)
    {
        var steps = new Dictionary<TopicPartition, ReassignmentStep>();
        foreach (var partition in partitions)
        {
            if (!view.Topics.TryGetValue(partition.Topic, out var topic) || !view.Partitions.TryGetValue(partition, out var stored)) continue;
            int[] removing = topic.Removing.GetValueOrDefault(partition.Partition) ?? [];
            bool isOngoing = removing.Length > 0 || topic.Adding.ContainsKey(partition.Partition);
            if (isOngoing && PartitionReassignment.Finish(view.Replicas(partition), removing, stored.State, id => view.MayLead(id, partition), view.Term.Epoch) is { } step)
                steps[partition] = step;
        }
        return steps;
    }

    private async Task<ControllerState> ChangeAsync(
        ControllerState state, string topic, Func<ControllerState, Dictionary<TopicPartition, ReassignmentStep>> decide, CancellationToken ct)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var steps = decide(state);
            if (steps.Count == 0) return state;
            var writes = steps.Select(step => new PartitionStateWrite(topic, step.Key.Partition, step.Value.State, state.Partitions[step.Key].ZkVersion)).ToList();
            var result = await effects.AssignmentWrites.WriteAsync(With(state.Topics[topic], steps), writes, state.Term, ct);
            state = Adopt(state, topic, result);
            if (!result.Written) continue;
            Tell(state, steps);
            return state;
        }
        effects.Log.LogError("Gave up storing the reassignment of {Topic}: others keep writing it; it is tried again at the next change", topic);
        return state;
    }

    private static TopicAssignment With(TopicAssignment topic, Dictionary<TopicPartition, ReassignmentStep> steps)
    {
        Dictionary<int, int[]> replicas = topic.Replicas.ToDictionary(), adding = topic.Adding.ToDictionary(), removing = topic.Removing.ToDictionary();
        foreach (var (partition, step) in steps)
        {
            replicas[partition.Partition] = step.Replicas;
            if (step.Adding.Length > 0) adding[partition.Partition] = step.Adding;
            else adding.Remove(partition.Partition);
            if (step.Removing.Length > 0) removing[partition.Partition] = step.Removing;
            else removing.Remove(partition.Partition);
        }
        return topic with { Replicas = replicas, Adding = adding, Removing = removing };
    }

    private static ControllerState Adopt(ControllerState state, string topic, AssignmentWriteResult result)
    {
        if (result.Topic is null) return state.WithoutTopic(topic);
        if (result.States.Values.Any(stored => stored.State.ControllerEpoch > state.Term.Epoch)) throw new ControllerMovedException();
        return state with
        {
            Topics = state.Topics.SetItem(topic, result.Topic),
            Partitions = state.Partitions.SetItems(result.States.Select(entry => KeyValuePair.Create(new TopicPartition(entry.Key.Topic, entry.Key.Partition), entry.Value))),
        };
    }

    // Replicas that are new learn that they may make a log; those that end are told after the others have their new leader.
    private void Tell(ControllerState state, Dictionary<TopicPartition, ReassignmentStep> steps)
    {
        var plan = new OrderPlan(state).Tell(steps.Keys);
        foreach (var (partition, step) in steps)
        {
            var adding = step.Adding.ToHashSet();
            plan.Lead([partition], isNew: false, only: step.Replicas.Except(adding).ToHashSet()).Lead([partition], isNew: true, only: adding);
            foreach (int broker in step.Stopped) plan.Stop(broker, partition, delete: true);
            effects.Log.LogInformation("{Partition}: {What}, replicas [{Replicas}], adding [{Adding}], removing [{Removing}], {State}", partition,
                step.IsLast ? "reassigned" : "being reassigned", string.Join(",", step.Replicas), string.Join(",", step.Adding), string.Join(",", step.Removing), step.State);
        }
        effects.Orders.Send(plan);
    }
}
