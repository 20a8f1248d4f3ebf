using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>Something the controller has to decide about that carries content; mere hints to look at ZooKeeper again are <see cref="Looks"/>.</summary>
public abstract record ControllerEvent
{
    /// <summary>It will not be handled: this broker is not the controller, or the term ended first. Harmless once it was answered.</summary>
    public virtual void Refuse() { }

    /// <summary>A question; the answer goes into the promise, null when this broker is not the controller (any more).</summary>
    public abstract record Asked<TAnswer>(TaskCompletionSource<TAnswer?> Answer) : ControllerEvent
        where TAnswer : class
    {
        public override void Refuse() => Answer.TrySetResult(null);
    }

    /// <summary>A broker wants to leave.</summary>
    public sealed record ShutdownRequested(ControlledShutdownOrder Order, TaskCompletionSource<ControlledShutdownAnswer?> Answer)
        : Asked<ControlledShutdownAnswer>(Answer);

    /// <summary>A leader lacks a quorum.</summary>
    public sealed record HandOverRequested(HandOverOrder Order, TaskCompletionSource<HandOverAnswer?> Answer) : Asked<HandOverAnswer>(Answer);

    /// <summary>Partitions shall have other replicas (null: cancel what is under way).</summary>
    public sealed record ReassignmentRequested(
        IReadOnlyDictionary<TopicPartition, int[]?> Wishes, TaskCompletionSource<IReadOnlyDictionary<TopicPartition, RequestOutcome>?> Answer)
        : Asked<IReadOnlyDictionary<TopicPartition, RequestOutcome>>(Answer);

    /// <summary>Which reassignments are under way?</summary>
    public sealed record ReassignmentsListed(TaskCompletionSource<IReadOnlyList<OngoingReassignment>?> Answer) : Asked<IReadOnlyList<OngoingReassignment>>(Answer);

    /// <summary>An election is asked for (null: of all partitions).</summary>
    public sealed record ElectionRequested(
        ElectionKind Kind, IReadOnlyCollection<TopicPartition>? Partitions, TaskCompletionSource<IReadOnlyDictionary<TopicPartition, RequestOutcome>?> Answer)
        : Asked<IReadOnlyDictionary<TopicPartition, RequestOutcome>>(Answer);

    /// <summary>A broker answered a LeaderAndIsr order with errors for some partitions.</summary>
    public sealed record LeadershipAnswered(int Broker, BrokerEpoch BrokerEpoch, IReadOnlyList<PartitionAnswer> Failed) : ControllerEvent;

    /// <summary>A broker answered which replicas it deleted.</summary>
    public sealed record DeletionAnswered(int Broker, BrokerEpoch BrokerEpoch, IReadOnlyList<TopicPartition> Deleted, IReadOnlyList<PartitionAnswer> Failed) : ControllerEvent;

    /// <summary>The assignment of a topic was written again (partitions were added).</summary>
    public sealed record TopicRewritten(string Topic) : ControllerEvent;

    /// <summary>A topic's configuration now allows a leader outside the ISR.</summary>
    public sealed record UncleanElectionAllowed(string Topic) : ControllerEvent;
}
