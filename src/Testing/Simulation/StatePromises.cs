using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// What may be written into the <c>state</c> znodes, checked at every commit of the ensemble: leader epochs never go back and change only by the controller in
/// office (P7), leaders come from the ISR, who joins the ISR holds everything committed (the specification's StrongIsr), an ISR is never empty.
/// </summary>
internal sealed class StatePromises
{
    private readonly SimulatedCluster _cluster;
    private readonly Promises _promises;
    private readonly HashSet<(int Broker, TopicPartition Id)> _tailLost = [];

    public StatePromises(SimulatedCluster cluster, Promises promises)
    {
        (_cluster, _promises) = (cluster, promises);
        cluster.Ensemble.Committed += commit =>
        {
            foreach (var change in commit.Outcome.Changes)
                if (change.Path.StartsWith("/brokers/ids/", StringComparison.Ordinal) && commit.Outcome.Tree.Find(change.Path) is { } own)
                    Registrations[own.Stat.Czxid] = commit.Session;
            foreach (var step in commit.Steps) Look(commit, step);
        };
    }

    /// <summary>The session behind every broker epoch there has been.</summary>
    public Dictionary<long, ModelSession> Registrations { get; } = [];

    /// <summary>The states of all partitions as ZooKeeper has them.</summary>
    public IEnumerable<(TopicPartition Id, PartitionState State)> All(ModelTree tree)
    {
        foreach (var (path, node) in tree.Nodes)
            if (Partition(path) is { } id) yield return (id, PartitionStateNode.Decode(id.Topic, id.Partition, node.Data));
    }

    /// <summary>After a power loss a broker's logs may lack what they had, until it has left the ISR and come back.</summary>
    public void TailsLost(int broker)
    {
        foreach (var (id, state) in All(_cluster.Ensemble.Tree))
            if (state.Isr.Contains(broker)) _tailLost.Add((broker, id));
    }

    /// <summary>May this machine lose its page cache now, with another member of every ISR keeping everything?</summary>
    public bool MayLosePower(int broker) => All(_cluster.Ensemble.Tree).All(entry =>
        !entry.State.Isr.Contains(broker) || entry.State.Isr.Any(other => other != broker && !_tailLost.Contains((other, entry.Id))));

    /// <summary>Is this broker in the ISR of a partition beside one that kept its page cache? Partitions of topics being deleted do not count.</summary>
    public bool IsInSyncBesideOthers(int broker) => All(_cluster.Ensemble.Tree).Any(entry =>
        entry.State.Isr.Contains(broker) && entry.State.Isr.Any(other => other != broker && !_cluster.Machines[other - 1].LostPower) && _cluster.Ensemble.Tree.Find(DeleteTopicNode.Path(entry.Id.Topic)) is null);

    private void Look(ModelCommit commit, ZooKeeperOp step)
    {
        var data = step switch
        {
            ZooKeeperOp.Set set => set.Data,
            ZooKeeperOp.Create create => create.Data,
            _ => null,
        };
        if (data is null || Partition(step.Path) is not { } id) return;
        var now = PartitionStateNode.Decode(id.Topic, id.Partition, data);
        var before = commit.Before.Find(step.Path) is { } node ? PartitionStateNode.Decode(id.Topic, id.Partition, node.Data) : null;
        _tailLost.RemoveWhere(lost => lost.Id == id && !now.Isr.Contains(lost.Broker));
        if (now.Isr.Count == 0) _promises.Break($"P1: the ISR of {id} was written empty");
        if (before is null) return;
        if (now.LeaderEpoch < before.LeaderEpoch || (now.LeaderEpoch == before.LeaderEpoch && now.Leader != before.Leader))
            _promises.Break($"P7: the state of {id} went back from [{before}] to [{now}]");
        if (now.LeaderEpoch > before.LeaderEpoch && now.ControllerEpoch != ControllerEpochIn(commit.Before))
            _promises.Break($"P7: a controller of epoch {now.ControllerEpoch} wrote [{now}] for {id}; in office is epoch {ControllerEpochIn(commit.Before)}");
        if (now.Leader >= 0 && now.Leader != before.Leader && !before.Isr.Contains(now.Leader))
            _promises.Break($"P1: {now.Leader} became leader of {id} from outside the ISR: [{before}] to [{now}]");
        foreach (var member in now.Isr.Where(member => !before.Isr.Contains(member))) HoldsAll(id, member, "joined the ISR");
        if (now.Leader >= 0 && now.Leader != before.Leader) HoldsAll(id, now.Leader, "became leader");
    }

    private void HoldsAll(TopicPartition id, int broker, string what)
    {
        if (_cluster.BrokerAt(broker)?.Partitions?.Find(id) is not { } replica) return;
        var committed = _promises.LogOf(id, replica.TopicId).End;
        if (replica.LogEndOffset < committed) _promises.Break($"P1: broker {broker} {what} of {id} with a log to {replica.LogEndOffset}; committed is up to {committed}");
    }

    private static ControllerEpoch ControllerEpochIn(ModelTree tree) => tree.Find(ControllerEpochNode.Path) is { } node ? ControllerEpochNode.Decode(node.Data) : new ControllerEpoch(-1);

    // /brokers/topics/<topic>/partitions/<partition>/state
    private static TopicPartition? Partition(string path)
    {
        if (!path.EndsWith("/state", StringComparison.Ordinal) || !path.StartsWith("/brokers/topics/", StringComparison.Ordinal)) return null;
        var names = path.Split('/');
        return names.Length == 7 && int.TryParse(names[5], out var partition) ? new TopicPartition(names[3], partition) : null;
    }
}
