using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// The in-sync replicas as the leader knows them: what ZooKeeper holds, and what the leader has asked ZooKeeper to hold instead.
/// While a write is in flight nobody can know whether it has landed, so everything that must be safe either way uses the union of both
/// (<see cref="Maximal"/>); what is promised to producers in advance (<c>min.insync.replicas</c>) uses <see cref="Committed"/> alone (KIP-497).
/// </summary>
/// <remarks>Owner: the partition's lock.</remarks>
public sealed class IsrState(IReadOnlyList<int> committed, ZkVersion zkVersion)
{
    /// <summary>The ISR in the <c>state</c> znode, as last read or written.</summary>
    public IReadOnlyList<int> Committed { get; private set; } = committed;

    /// <summary>The ISR being written; null when nothing is in flight.</summary>
    public IReadOnlyList<int>? Proposed { get; private set; }

    /// <summary>Version of the <c>state</c> znode that holds <see cref="Committed"/>: what the next compare-and-set expects.</summary>
    public ZkVersion ZkVersion { get; private set; } = zkVersion;

    /// <summary>Committed members and those being added; members being removed still count.</summary>
    public IEnumerable<int> Maximal => Proposed is null ? Committed : Committed.Union(Proposed);

    /// <summary>Is the replica in <see cref="Maximal"/>? Asked at every append, so without making that set.</summary>
    public bool MaximalContains(int brokerId) => Committed.Contains(brokerId) || (Proposed?.Contains(brokerId) ?? false);

    public bool InFlight => Proposed is not null;

    public bool Contains(int brokerId) => Committed.Contains(brokerId);

    /// <summary>Begins a change. An empty ISR is never proposed: its last member is the only one that may lead again (KAFKA-5083).</summary>
    public void Propose(IReadOnlyList<int> isr)
    {
        if (isr.Count == 0) throw new ArgumentException("an ISR is never empty: the last member stays", nameof(isr));
        Proposed = isr;
    }

    /// <summary>ZooKeeper is known to hold this now; nothing is in flight any more.</summary>
    public void Adopt(IReadOnlyList<int> isr, ZkVersion version)
    {
        Committed = isr;
        ZkVersion = version;
        Proposed = null;
    }
}
