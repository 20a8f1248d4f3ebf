namespace ClassicBroker.Broker.Groups;

/// <summary>Where a consumer group stands. Source: core/…/kafka/coordinator/group/GroupMetadata.scala.</summary>
public enum GroupPhase
{
    /// <summary>No members; committed offsets may be there.</summary>
    Empty,

    /// <summary>Members are asked to join again; the join barrier is open.</summary>
    PreparingRebalance,

    /// <summary>A generation has begun; its leader has not handed in the assignment yet.</summary>
    CompletingRebalance,

    /// <summary>Every member has its assignment.</summary>
    Stable,

    /// <summary>Removed. Final.</summary>
    Dead,
}

/// <summary>The legal moves between phases. An illegal one is a bug and fails where it is made.</summary>
internal static class GroupPhases
{
    private static readonly Dictionary<GroupPhase, GroupPhase[]> From = new()
    {
        [GroupPhase.Empty] = [GroupPhase.PreparingRebalance],
        [GroupPhase.PreparingRebalance] = [GroupPhase.Stable, GroupPhase.CompletingRebalance, GroupPhase.Empty],
        [GroupPhase.CompletingRebalance] = [GroupPhase.PreparingRebalance],
        [GroupPhase.Stable] = [GroupPhase.CompletingRebalance],
        [GroupPhase.Dead] = [GroupPhase.Empty, GroupPhase.PreparingRebalance, GroupPhase.CompletingRebalance, GroupPhase.Stable, GroupPhase.Dead],
    };

    public static bool MayFollow(this GroupPhase next, GroupPhase current) => From[next].Contains(current);
}
