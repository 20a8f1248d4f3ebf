namespace ClassicBroker.Broker.Controller;

/// <summary>Where one replica is in its life. Numbers as in Kafka's documentation of the controller.</summary>
public enum ReplicaStatus
{
    New = 1,
    Online = 2,
    Offline = 3,
    DeletionStarted = 4,
    DeletionSuccessful = 5,
    DeletionIneligible = 6,
    NonExistent = 7,
}

/// <summary>The legal moves of a replica (Kafka's ReplicaStateMachine), in a table.</summary>
public static class ReplicaStateMachine
{
    private static readonly Dictionary<ReplicaStatus, ReplicaStatus[]> From = new()
    {
        [ReplicaStatus.New] = [ReplicaStatus.NonExistent],
        [ReplicaStatus.Online] = [ReplicaStatus.New, ReplicaStatus.Online, ReplicaStatus.Offline, ReplicaStatus.DeletionIneligible],
        [ReplicaStatus.Offline] = [ReplicaStatus.New, ReplicaStatus.Online, ReplicaStatus.Offline, ReplicaStatus.DeletionIneligible],
        [ReplicaStatus.DeletionStarted] = [ReplicaStatus.Offline],
        [ReplicaStatus.DeletionSuccessful] = [ReplicaStatus.DeletionStarted],
        [ReplicaStatus.DeletionIneligible] = [ReplicaStatus.Offline, ReplicaStatus.DeletionStarted],
        [ReplicaStatus.NonExistent] = [ReplicaStatus.DeletionSuccessful],
    };

    /// <exception cref="InvalidOperationException">the move is not in the table: a defect of ours, which ends the term.</exception>
    public static ReplicaStatus Move(ReplicaStatus from, ReplicaStatus to) =>
        IsLegal(from, to) ? to : throw new InvalidOperationException($"A replica cannot go from {from} to {to}.");

    public static bool IsLegal(ReplicaStatus from, ReplicaStatus to) => From[to].Contains(from);
}
