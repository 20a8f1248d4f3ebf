namespace ClassicBroker.Broker.Controller;

/// <summary>Where a partition is in its life.</summary>
public enum PartitionStatus
{
    /// <summary>Not in ZooKeeper, or gone again.</summary>
    NonExistent,

    /// <summary>Assigned to brokers, but never led: it has no state znode yet.</summary>
    New,

    /// <summary>Led by a running broker.</summary>
    Online,

    /// <summary>Its leader is gone and nobody could take over, or its topic is being deleted.</summary>
    Offline,
}

/// <summary>
/// The legal moves of a partition (Kafka's PartitionStateMachine) and where it stands now: the status is always read off the
/// znodes and the live brokers, never kept beside them, so the two cannot disagree.
/// </summary>
public static class PartitionStateMachine
{
    private static readonly Dictionary<PartitionStatus, PartitionStatus[]> From = new()
    {
        [PartitionStatus.New] = [PartitionStatus.NonExistent],
        [PartitionStatus.Online] = [PartitionStatus.New, PartitionStatus.Online, PartitionStatus.Offline],
        [PartitionStatus.Offline] = [PartitionStatus.New, PartitionStatus.Online, PartitionStatus.Offline],
        [PartitionStatus.NonExistent] = [PartitionStatus.Offline],
    };

    /// <exception cref="InvalidOperationException">the move is not in the table: a defect of ours, which ends the term.</exception>
    public static PartitionStatus Move(PartitionStatus from, PartitionStatus to) =>
        IsLegal(from, to) ? to : throw new InvalidOperationException($"A partition cannot go from {from} to {to}.");

    public static bool IsLegal(PartitionStatus from, PartitionStatus to) => From[to].Contains(from);

    /// <param name="isAssigned">The partition is in its topic's assignment.</param>
    /// <param name="leader">Leader in its state znode; null without a state znode.</param>
    /// <param name="leaderIsUp">That leader is running.</param>
    public static PartitionStatus StatusOf(bool isAssigned, int? leader, bool leaderIsUp) => (isAssigned, leader) switch
    {
        (false, _) => PartitionStatus.NonExistent,
        (_, null) => PartitionStatus.New,
        (_, >= 0) when leaderIsUp => PartitionStatus.Online,
        _ => PartitionStatus.Offline,
    };
}
