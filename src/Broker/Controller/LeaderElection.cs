using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Who leads next. Pure functions from a partition's replicas, its stored state and who is alive to the state that should be
/// stored; null means "leave it as it is" or "nobody can". Candidates are always looked at in assignment order, so the first replica is preferred.
/// Every election and every removal from the ISR raises the leader epoch by one and stores the deciding controller's epoch.
/// The rules are those of Kafka's PartitionStateMachine and Election.
/// </summary>
public static class LeaderElection
{
    private const int Recovering = 1;

    /// <summary>A partition's first leader: its first live replica, with all live replicas in sync. Null while none is alive.</summary>
    public static PartitionState? First(IReadOnlyList<int> replicas, Func<int, bool> isLive, ControllerEpoch controllerEpoch)
    {
        int[] live = [.. replicas.Where(isLive)];
        return live.Length == 0 ? null : new PartitionState(live[0], new LeaderEpoch(0), controllerEpoch, live);
    }

    /// <summary>
    /// What is left to do after brokers came or went. A live leader loses dead followers from its ISR; without a live leader
    /// the first live replica of the ISR takes over; when there is none, the state says so (leader −1) and keeps the ISR, because its
    /// members are the only ones that hold every committed record and one of them has to come back.
    /// </summary>
    /// <param name="isLive">May become leader.</param>
    /// <param name="isUp">Is running, which a broker that is shutting down still is.</param>
    /// <param name="uncleanAllowed">Lets a live replica outside the ISR lead when nobody else can, losing records (KIP-704 marks it as recovering).</param>
    public static PartitionState? AfterBrokersChanged(
        IReadOnlyList<int> replicas, PartitionState current, Func<int, bool> isLive, Func<int, bool> isUp, ControllerEpoch controllerEpoch, bool uncleanAllowed)
    {
        int[] upInSync = [.. current.Isr.Where(isUp)];
        if (current.Leader >= 0 && isUp(current.Leader))
        {
            bool allStillThere = upInSync.Length == current.Isr.Count;
            return allStillThere || upInSync.Length == 0 ? null : Next(current, current.Leader, upInSync, controllerEpoch);
        }
        int leader = FirstOf(replicas, replica => isLive(replica) && current.Isr.Contains(replica));
        if (leader >= 0) return Next(current, leader, upInSync, controllerEpoch);
        if (uncleanAllowed && FirstOf(replicas, isLive) is >= 0 and var unclean)
            return Next(current, unclean, [unclean], controllerEpoch) with { LeaderRecoveryState = Recovering };
        return current.Leader == PartitionState.NoLeader ? null : Next(current, PartitionState.NoLeader, current.Isr, controllerEpoch);
    }

    /// <summary>Back to the preferred (first) replica, if it is alive and in sync and does not lead already.</summary>
    public static PartitionState? Preferred(IReadOnlyList<int> replicas, PartitionState current, Func<int, bool> isLive, ControllerEpoch controllerEpoch)
    {
        int preferred = replicas[0];
        return current.Leader != preferred && isLive(preferred) && current.Isr.Contains(preferred)
            ? Next(current, preferred, current.Isr, controllerEpoch)
            : null;
    }

    /// <summary>The end of a reassignment: the first target replica that is alive and in sync.</summary>
    public static PartitionState? Reassigned(IReadOnlyList<int> targets, PartitionState current, Func<int, bool> isLive, ControllerEpoch controllerEpoch)
    {
        int leader = FirstOf(targets, replica => isLive(replica) && current.Isr.Contains(replica));
        return leader < 0 ? null : Next(current, leader, current.Isr, controllerEpoch);
    }

    /// <summary>
    /// Takes brokers that are about to stop out of leadership and ISR. Null when nobody else in sync can lead: then the
    /// broker stays leader until it is really gone.
    /// </summary>
    public static PartitionState? ControlledShutdown(
        IReadOnlyList<int> replicas, PartitionState current, Func<int, bool> isUp, Func<int, bool> isShuttingDown, ControllerEpoch controllerEpoch)
    {
        int leader = FirstOf(replicas, replica => isUp(replica) && current.Isr.Contains(replica) && !isShuttingDown(replica));
        return leader < 0 ? null : Next(current, leader, [.. current.Isr.Where(replica => !isShuttingDown(replica))], controllerEpoch);
    }

    /// <summary>
    /// A replica that cannot follow any more (stopped, or its disk failed) leaves the ISR; if it led, nobody leads. The last
    /// member always stays, so that a clean election waits for exactly that broker.
    /// </summary>
    public static PartitionState? WithoutReplica(PartitionState current, int replica, ControllerEpoch controllerEpoch)
    {
        if (!current.Isr.Contains(replica)) return null;
        int leader = current.Leader == replica ? PartitionState.NoLeader : current.Leader;
        if (current.Isr.Count == 1)
            return leader == current.Leader ? null : Next(current, leader, current.Isr, controllerEpoch);
        return Next(current, leader, [.. current.Isr.Where(member => member != replica)], controllerEpoch);
    }

    /// <summary>
    /// A leader that cannot gather a quorum gives way (decision 0006). Only a member of the ISR may follow it, so nothing committed is lost, and the ISR
    /// stays as it is. Members the old leader does not reach come first: the rest of the quorum is on their side of the cut; of those, ones that have not
    /// themselves given up lately. Null when no other member is alive.
    /// </summary>
    public static PartitionState? HandOver(IReadOnlyList<int> replicas, PartitionState current, IReadOnlyCollection<int> reachable,
        IReadOnlySet<int> gaveUp, Func<int, bool> isLive, ControllerEpoch controllerEpoch)
    {
        int[] candidates = [.. replicas.Where(replica => replica != current.Leader && isLive(replica) && current.Isr.Contains(replica))
            .OrderBy(gaveUp.Contains).ThenBy(reachable.Contains)];
        return candidates.Length == 0 ? null : Next(current, candidates[0], current.Isr, controllerEpoch);
    }

    private static int FirstOf(IReadOnlyList<int> replicas, Func<int, bool> fits)
    {
        foreach (int replica in replicas)
            if (fits(replica)) return replica;
        return -1;
    }

    private static PartitionState Next(PartitionState current, int leader, IReadOnlyList<int> isr, ControllerEpoch controllerEpoch) =>
        current with { Leader = leader, Isr = isr, LeaderEpoch = current.LeaderEpoch.Next, ControllerEpoch = controllerEpoch };
}
