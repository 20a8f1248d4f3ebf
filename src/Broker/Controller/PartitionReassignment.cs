using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>What one step of a reassignment stores, and which replicas it ends.</summary>
public sealed record ReassignmentStep(int[] Replicas, int[] Adding, int[] Removing, PartitionState State, int[] Stopped)
{
    /// <summary>Nothing is under way after this step.</summary>
    public bool IsLast => Adding.Length == 0 && Removing.Length == 0;
}

/// <summary>
/// Moving a partition to other brokers (KIP-455), as pure functions. Replicas are the target first, then what is left over; "adding" are those
/// not there before, "removing" those not in the target. It begins by storing all of them, waits until the whole target is in the ISR, and ends by storing the
/// target alone. Each step stores replicas, ISR and leader together, so the ISR never names a broker outside the replicas (KAFKA-9672), and no
/// step stores an empty ISR (KAFKA-5083): it is refused instead.
/// </summary>
public static class PartitionReassignment
{
    public static int[] Target(int[] replicas, int[] removing) => [.. replicas.Except(removing)];

    /// <summary>What a cancellation goes back to.</summary>
    public static int[] Origin(int[] replicas, int[] adding) => [.. replicas.Except(adding)];

    /// <summary>
    /// Begins a reassignment to <paramref name="target"/>, in place of one that may be under way; when nothing has to be waited for it is also the end.
    /// Null: no member of the ISR would be left.
    /// </summary>
    /// <param name="mayLead">The broker is alive and staying.</param>
    public static ReassignmentStep? Begin(
        int[] replicas, int[] adding, int[] target, PartitionState current, Func<int, bool> mayLead, ControllerEpoch controllerEpoch)
    {
        int[] origin = Origin(replicas, adding);
        int[] full = [.. target.Union(origin)];
        int[] toAdd = [.. full.Except(origin)], toRemove = [.. full.Except(target)];
        if (!current.Isr.Any(full.Contains)) return null;
        var begun = new ReassignmentStep(full, toAdd, toRemove, Within(full, current, mayLead, controllerEpoch), [.. replicas.Except(full)]);
        return Finish(full, toRemove, current, mayLead, controllerEpoch) is { } done
            ? done with { Stopped = [.. replicas.Except(target)] }
            : begun;
    }

    /// <summary>The end, when the whole target is in sync and one of it can lead; else null.</summary>
    public static ReassignmentStep? Finish(int[] replicas, int[] removing, PartitionState current, Func<int, bool> mayLead, ControllerEpoch controllerEpoch)
    {
        int[] target = Target(replicas, removing);
        if (!target.All(current.Isr.Contains) || !target.Any(mayLead)) return null;
        return new ReassignmentStep(target, [], [], Within(target, current, mayLead, controllerEpoch), removing);
    }

    // The same partition with fewer or more replicas: those that go leave the ISR, and a leader that goes gives way. The epoch rises in any case,
    // because brokers take only orders of a newer one.
    private static PartitionState Within(int[] replicas, PartitionState current, Func<int, bool> mayLead, ControllerEpoch controllerEpoch)
    {
        int[] isr = [.. current.Isr.Where(replicas.Contains)];
        bool keeps = replicas.Contains(current.Leader) && mayLead(current.Leader);
        int next = Array.Find([.. replicas, PartitionState.NoLeader], replica => replica == PartitionState.NoLeader || (mayLead(replica) && isr.Contains(replica)));
        return current with { Leader = keeps ? current.Leader : next, Isr = isr, LeaderEpoch = current.LeaderEpoch.Next, ControllerEpoch = controllerEpoch };
    }
}
