using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>Something the controller has to decide about that carries content; mere hints to look at ZooKeeper again are <see cref="Looks"/>.</summary>
public abstract record ControllerEvent
{
    /// <summary>A broker wants to leave; the answer goes into the promise.</summary>
    public sealed record ShutdownRequested(ControlledShutdownOrder Order, TaskCompletionSource<ControlledShutdownAnswer> Answer) : ControllerEvent;

    /// <summary>A broker answered a LeaderAndIsr order with errors for some partitions.</summary>
    public sealed record LeadershipAnswered(int Broker, BrokerEpoch BrokerEpoch, IReadOnlyList<PartitionAnswer> Failed) : ControllerEvent;

    /// <summary>A broker answered which replicas it deleted.</summary>
    public sealed record DeletionAnswered(int Broker, BrokerEpoch BrokerEpoch, IReadOnlyList<TopicPartition> Deleted, IReadOnlyList<PartitionAnswer> Failed) : ControllerEvent;

    /// <summary>The assignment of a topic was written again (partitions were added).</summary>
    public sealed record TopicRewritten(string Topic) : ControllerEvent;
}

/// <summary>
/// What to look at again in ZooKeeper. A hint that is set already need not be set twice, so any number of watch events
/// takes no room.
/// </summary>
[Flags]
public enum Looks
{
    None = 0,

    /// <summary>Registered under a new session: watches have to be set again.</summary>
    Session = 1,

    /// <summary>Who sits in <c>/controller</c>.</summary>
    Seat = 2,

    /// <summary><c>/brokers/ids</c>.</summary>
    Brokers = 4,

    /// <summary><c>/brokers/topics</c>.</summary>
    Topics = 8,

    /// <summary><c>/admin/delete_topics</c>.</summary>
    Deletions = 16,

    /// <summary><c>/isr_change_notification</c>.</summary>
    IsrChanges = 32,

    /// <summary>Everything a controller watches: after a reconnect, because what fired meanwhile was not delivered.</summary>
    Everything = Seat | Brokers | Topics | Deletions | IsrChanges,
}
