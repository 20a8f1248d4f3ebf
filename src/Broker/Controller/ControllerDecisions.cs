using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Which decision answers which event: the table of contents of the controller. Each takes the state and gives the next; nothing here remembers anything.
/// </summary>
public sealed class ControllerDecisions
{
    private readonly BrokersChanged _brokers;
    private readonly TopicsChanged _topics;
    private readonly TopicDeletion _deletion;
    private readonly IsrChanges _isrChanges;
    private readonly ControlledShutdown _shutdown;
    private readonly QuorumHandOver _handOver;
    private readonly Reassignments _reassignments;
    private readonly RequestedElections _requested;
    private readonly ReplicaFailures _failures;
    private readonly Elections _elections;
    private readonly ControllerEffects _effects;

    public ControllerDecisions(ControllerEffects effects)
    {
        var leadership = new LeadershipWrites(effects);
        _effects = effects;
        _elections = new Elections(effects, leadership);
        _deletion = new TopicDeletion(effects);
        _brokers = new BrokersChanged(effects, _elections, _deletion);
        _topics = new TopicsChanged(effects, _elections);
        _isrChanges = new IsrChanges(effects);
        _shutdown = new ControlledShutdown(effects, leadership);
        _handOver = new QuorumHandOver(effects, leadership);
        _reassignments = new Reassignments(effects);
        _requested = new RequestedElections(effects, leadership);
        _failures = new ReplicaFailures(effects, _elections);
        Failover = new ControllerFailover(effects, _elections, _deletion);
    }

    public ControllerFailover Failover { get; }

    /// <summary>Looks at ZooKeeper again. Brokers first: everything after decides by who is alive.</summary>
    public async Task<ControllerState> LookAsync(ControllerState state, Looks looks, CancellationToken ct)
    {
        if (looks.HasFlag(Looks.Brokers)) state = await _brokers.RunAsync(state, ct);
        if (looks.HasFlag(Looks.Topics)) state = await _topics.RunAsync(state, ct);
        if (looks.HasFlag(Looks.Assignments)) state = await _topics.ReadAllAgainAsync(state, ct);
        if (looks.HasFlag(Looks.Deletions)) state = await _deletion.RunAsync(state, ct);
        if (looks.HasFlag(Looks.LogDirs)) state = await _failures.LookAsync(state, ct);
        if (looks.HasFlag(Looks.IsrChanges)) state = await _isrChanges.RunAsync(state, ct);
        if (looks.HasFlag(Looks.ReassignmentWishes)) state = await _reassignments.LegacyAsync(state, ct);
        if ((looks & (Looks.Reassignments | Looks.IsrChanges | Looks.Brokers)) != 0) state = await _reassignments.ProgressAsync(state, ct);
        if (looks.HasFlag(Looks.ElectionWishes)) state = await _requested.LegacyAsync(state, ct);
        if (looks.HasFlag(Looks.Balance)) state = await _requested.BalanceAsync(state, ct);
        return state;
    }

    public async Task<ControllerState> HandleAsync(ControllerState state, ControllerEvent happened, CancellationToken ct)
    {
        switch (happened)
        {
            case ControllerEvent.ShutdownRequested asked:
                (state, var left) = await _shutdown.RunAsync(state, asked.Order, ct);
                asked.Answer.TrySetResult(left);
                return state;
            case ControllerEvent.HandOverRequested asked:
                (state, var handed) = await _handOver.RunAsync(state, asked.Order, ct);
                asked.Answer.TrySetResult(handed);
                return state;
            case ControllerEvent.ReassignmentRequested asked:
                (state, var moved) = await _reassignments.RunAsync(state, asked.Wishes, ct);
                asked.Answer.TrySetResult(moved);
                return state;
            case ControllerEvent.ReassignmentsListed asked:
                asked.Answer.TrySetResult([.. Reassignments.List(state)]);
                return state;
            case ControllerEvent.ElectionRequested asked:
                (state, var elected) = await _requested.RunAsync(state, asked.Kind, asked.Partitions, ct);
                asked.Answer.TrySetResult(elected);
                return state;
            case ControllerEvent.DeletionAnswered answer:
                return await _deletion.AnsweredAsync(state, answer, ct);
            case ControllerEvent.LeadershipAnswered answer:
                return await _failures.AnsweredAsync(state, answer, ct);
            case ControllerEvent.TopicRewritten rewritten:
                return await _topics.ReadAgainAsync(state, rewritten.Topic, ct);
            case ControllerEvent.UncleanElectionAllowed allowed:
                return await ElectLeaderlessAsync(state, allowed.Topic, ct);
            default:
                throw new ArgumentException($"{happened.GetType().Name} is not an event of the controller.", nameof(happened));
        }
    }

    // The topic's configuration is read again by the election itself.
    private async Task<ControllerState> ElectLeaderlessAsync(ControllerState state, string topic, CancellationToken ct)
    {
        List<TopicPartition> leaderless = [.. state.AllPartitions().Where(partition => partition.Topic == topic && state.StatusOf(partition) == PartitionStatus.Offline)];
        var result = await _elections.RunAsync(state, leaderless, ct);
        _effects.Orders.Send(new OrderPlan(result.State).Lead(result.Changed).Tell(result.Changed));
        return result.State;
    }
}
