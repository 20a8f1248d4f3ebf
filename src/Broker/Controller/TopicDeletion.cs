using System.Collections.Immutable;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Deleting topics. The wish is a znode in <c>/admin/delete_topics</c>; first everybody forgets the topic (leader −2), then each broker deletes
/// its replicas, and when the last replica is confirmed the znodes go, the mark last. A broker that is down holds the deletion up: it is told
/// when it comes back, and until then the topic's name stays taken. (Kafka does not even begin while one replica's
/// broker is down; here clients see the topic go at once.)
/// </summary>
public sealed class TopicDeletion(ControllerEffects effects)
{
    /// <summary>Looks for new marks and begins their deletions.</summary>
    public async Task<ControllerState> RunAsync(ControllerState state, CancellationToken ct)
    {
        var marked = await effects.Topics.MarkedForDeletionAsync(ct);
        var wanted = marked.Where(topic => !state.Deleting.ContainsKey(topic)).ToList();
        foreach (string topic in wanted)
        {
            if (!effects.Rules.DeleteTopicEnable || !state.Topics.ContainsKey(topic))
                await effects.Topics.RemoveMarkAsync(topic, state.Term, ct);
            else
                state = Begin(state, topic);
        }
        return await FinishAsync(state, ct);
    }

    /// <summary>Brokers came back: they are told to delete what they missed.</summary>
    public async Task<ControllerState> ResumeAsync(ControllerState state, IReadOnlySet<int> brokers, CancellationToken ct)
    {
        var plan = new OrderPlan(state);
        var deleting = state.Deleting;
        foreach (var (topic, replicas) in deleting)
        {
            var moved = replicas;
            foreach (var (broker, partition) in replicas.Keys.Where(replica => brokers.Contains(replica.Broker)))
            {
                plan.Delete(broker, new TopicPartition(topic, partition));
                moved = moved.SetItem((broker, partition), StartedAgain(moved[(broker, partition)]));
            }
            state = state with { Deleting = state.Deleting.SetItem(topic, moved) };
        }
        effects.Orders.Send(plan);
        return await FinishAsync(state, ct);
    }

    /// <summary>A broker answered.</summary>
    public async Task<ControllerState> AnsweredAsync(ControllerState state, ControllerEvent.DeletionAnswered answer, CancellationToken ct)
    {
        if (!state.Brokers.TryGetValue(answer.Broker, out var broker) || broker.Epoch != answer.BrokerEpoch) return state;
        foreach (var deleted in answer.Deleted) state = Confirm(state, answer.Broker, deleted);
        foreach (var failed in answer.Failed)
        {
            effects.Log.LogError("Broker {Broker} could not delete {Topic}-{Partition}: {Error}; it is told again when it comes back",
                answer.Broker, failed.Topic, failed.Partition, (ErrorCode)failed.ErrorCode);
            if (state.Deleting.TryGetValue(failed.Topic, out var replicas) && replicas.TryGetValue((answer.Broker, failed.Partition), out var status)
                && status == ReplicaStatus.DeletionStarted)
                state = state with
                {
                    Deleting = state.Deleting.SetItem(failed.Topic,
                        replicas.SetItem((answer.Broker, failed.Partition), ReplicaStateMachine.Move(status, ReplicaStatus.DeletionIneligible))),
                };
        }
        return await FinishAsync(state, ct);
    }

    /// <summary>Pure: a replica is gone from its broker; only one whose deletion was started can be.</summary>
    public static ControllerState Confirm(ControllerState state, int broker, TopicPartition partition) =>
        state.Deleting.TryGetValue(partition.Topic, out var replicas)
        && replicas.TryGetValue((broker, partition.Partition), out var status)
        && ReplicaStateMachine.IsLegal(status, ReplicaStatus.DeletionSuccessful)
            ? state with { Deleting = state.Deleting.SetItem(partition.Topic, replicas.Remove((broker, partition.Partition))) }
            : state;

    private ControllerState Begin(ControllerState state, string topic)
    {
        var assignment = state.Topics[topic];
        var partitions = ControllerState.PartitionsOf(assignment).ToList();
        var plan = new OrderPlan(state).Forget(partitions);
        var replicas = ImmutableSortedDictionary.CreateBuilder<(int, int), ReplicaStatus>();
        foreach (var partition in partitions)
            foreach (int broker in state.Replicas(partition))
            {
                plan.Delete(broker, partition);
                var offline = ReplicaStateMachine.Move(ReplicaStatus.Online, ReplicaStatus.Offline);
                replicas[(broker, partition.Partition)] = ReplicaStateMachine.Move(offline,
                    state.HasReplica(broker, partition) ? ReplicaStatus.DeletionStarted : ReplicaStatus.DeletionIneligible);
            }
        effects.Orders.Send(plan);
        effects.Log.LogInformation("Controller: deleting topic {Topic} with {Replicas} replicas", topic, replicas.Count);
        return state with { Deleting = state.Deleting.Add(topic, replicas.ToImmutable()) };
    }

    private async Task<ControllerState> FinishAsync(ControllerState state, CancellationToken ct)
    {
        foreach (string topic in state.Deleting.Where(entry => entry.Value.IsEmpty).Select(entry => entry.Key).ToList())
        {
            await effects.Topics.RemoveAsync(topic, state.Term, ct);
            effects.Log.LogInformation("Controller: topic {Topic} is deleted", topic);
            state = state.WithoutTopic(topic);
        }
        return state;
    }

    // Its broker is back: what it was told in its former life, if anything, is told again.
    private static ReplicaStatus StartedAgain(ReplicaStatus status)
    {
        if (status == ReplicaStatus.DeletionStarted) status = ReplicaStateMachine.Move(status, ReplicaStatus.DeletionIneligible);
        if (status == ReplicaStatus.DeletionIneligible) status = ReplicaStateMachine.Move(status, ReplicaStatus.Offline);
        return ReplicaStateMachine.Move(status, ReplicaStatus.DeletionStarted);
    }
}
