namespace ClassicBroker.Broker.Controller;

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

    /// <summary><c>/brokers/ids</c>: who is alive, under which epoch, at which addresses.</summary>
    Brokers = 4,

    /// <summary><c>/brokers/topics</c>: which topics there are.</summary>
    Topics = 8,

    /// <summary><c>/admin/delete_topics</c>.</summary>
    Deletions = 16,

    /// <summary><c>/isr_change_notification</c>.</summary>
    IsrChanges = 32,

    /// <summary>The topic znodes: more partitions, written by another than this controller.</summary>
    Assignments = 64,

    /// <summary>The states of partitions that are being reassigned.</summary>
    Reassignments = 128,

    /// <summary><c>/admin/reassign_partitions</c>.</summary>
    ReassignmentWishes = 256,

    /// <summary><c>/admin/preferred_replica_election</c>.</summary>
    ElectionWishes = 512,

    /// <summary><c>/log_dir_event_notification</c>.</summary>
    LogDirs = 1024,

    /// <summary>The time has come to look whether leaders are where they are preferred.</summary>
    Balance = 2048,

    /// <summary>Everything a controller watches: after a reconnect, because what fired meanwhile was not delivered.</summary>
    Everything = Seat | Brokers | Topics | Deletions | IsrChanges | Assignments | Reassignments | ReassignmentWishes | ElectionWishes | LogDirs,
}
