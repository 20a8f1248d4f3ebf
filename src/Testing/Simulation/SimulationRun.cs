using ClassicBroker.Broker.Api;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination.ZNodes;

namespace ClassicBroker.Testing.Simulation;

/// <summary>What became of one seed.</summary>
/// <param name="Broken">The first broken promise, or null.</param>
/// <param name="Fingerprint">Hash of the whole history: equal for every run of the seed.</param>
/// <param name="Steps">Events run.</param>
/// <param name="VirtualTime">How long the history took in its own time.</param>
/// <param name="Acknowledged">Records acknowledged with acks=all.</param>
/// <param name="Consumed">Records read by consumers.</param>
public sealed record SimulationResult(int Seed, string? Broken, ulong Fingerprint, long Steps, TimeSpan VirtualTime, int Acknowledged, int Consumed);

/// <summary>
/// One history: a cluster comes up, topics are made, clients write and read while the fault schedule of the seed runs, then everything is mended and must
/// become whole again: leaders for all partitions, full ISRs, equal logs, nothing left to delete, within <see cref="Patience"/> of virtual time (P9, P13).
/// </summary>
public sealed class SimulationRun
{
    /// <summary>Virtual time in which a mended cluster must be whole.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Faults = TimeSpan.FromSeconds(25);

    private readonly SimulatedCluster _cluster;
    private readonly FaultSchedule _faults;
    private readonly List<SimulatedClient> _clients = [];
    private readonly List<TopicPartition> _partitions = [];
    private readonly int _seed;

    private SimulationRun(int seed, Fence without, Action<string>? trace)
    {
        _seed = seed;
        // Mostly three brokers, sometimes four or five: then not every broker is a replica of every partition.
        var brokers = seed % 5 == 4 ? 4 + seed % 2 : 3;
        _cluster = new SimulatedCluster(seed, brokers, without) { Scheduler = { Trace = trace } };
        _faults = new FaultSchedule(_cluster);
    }

    /// <summary>Runs the history of <paramref name="seed"/> on this thread. <paramref name="trace"/> is given what happens, line by line.</summary>
    public static SimulationResult Of(int seed, Fence without = Fence.None, Action<string>? trace = null)
    {
        var run = new SimulationRun(seed, without, trace);
        try
        {
            run.Play();
        }
        catch (Exception failure)
        {
            run._cluster.Promises.Break($"the simulation itself failed: {failure}");
        }
        var scheduler = run._cluster.Scheduler;
        scheduler.End();
        return new SimulationResult(seed, run._cluster.Promises.Broken, scheduler.Fingerprint, scheduler.Steps, TimeSpan.FromTicks(scheduler.Now),
            run._cluster.Promises.Acknowledged, run._cluster.Promises.Consumed);
    }

    private void Play()
    {
        foreach (var machine in _cluster.Machines) _cluster.Start(machine);
        if (!Until(() => _cluster.Machines.All(machine => machine.Broker is { ServesClients: true }), "all brokers serve")) return;
        Topic("strict", partitions: 2, minIsr: 2);
        Topic("loose", partitions: 1, minIsr: 1);
        if (!Until(() => _partitions.TrueForAll(id => State(id) is { Leader: >= 0 }), "the topics have leaders")) return;
        Clients();
        var admin = new SimulatedAdmin(_cluster, 190);
        _clients.Add(admin);
        _clients.ForEach(client => client.Start());

        _faults.Begin(Faults);
        Run(Faults + TimeSpan.FromSeconds(1));
        _faults.MendAll();
        Run(TimeSpan.FromSeconds(3));
        _clients.ForEach(client => client.IsStopping = true);
        Until(() => _clients.TrueForAll(client => client.IsDone || client is SimulatedConsumer) && IsWhole(), "the mended cluster is whole");
    }

    private void Clients()
    {
        var node = 101;
        foreach (var id in _partitions)
        {
            _clients.Add(new SimulatedProducer(_cluster, node++, id, acks: -1, idempotent: true));
            _clients.Add(new SimulatedProducer(_cluster, node++, id, acks: -1, idempotent: false));
            _clients.Add(new SimulatedConsumer(_cluster, node++, id));
        }
        _clients.Add(new SimulatedProducer(_cluster, node++, _partitions[0], acks: 1, idempotent: false));
        _clients.Add(new SimulatedProducer(_cluster, node, _partitions[^1], acks: 0, idempotent: false));
    }

    private void Topic(string name, int partitions, int minIsr)
    {
        var broker = _cluster.Machines[0].Broker!;
        // Again until it stands: the broker's server may not show every registration yet.
        broker.Process.Run(async () =>
        {
            var wanted = new NewTopic(name, partitions, 3) { Config = new Dictionary<string, string> { ["min.insync.replicas"] = $"{minIsr}" } };
            while ((await broker.Part<TopicCreation>().CreateAsync(wanted, validateOnly: false, CancellationToken.None)).Error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists))
                await Task.Delay(TimeSpan.FromMilliseconds(50), broker.Process.Clock);
        });
        for (var partition = 0; partition < partitions; partition++) _partitions.Add(new TopicPartition(name, partition));
    }

    private void Run(TimeSpan span)
    {
        var end = _cluster.Scheduler.Now + span.Ticks;
        while (_cluster.Promises.Broken is null && _cluster.Scheduler.Step(end)) { }
        if (_cluster.Promises.Broken is null) _cluster.Scheduler.AdvanceTo(end);
    }

    private bool Until(Func<bool> condition, string what)
    {
        // Looked at every hundredth of a second of virtual time: conditions read everything.
        var end = _cluster.Scheduler.Now + Patience.Ticks;
        while (_cluster.Promises.Broken is null)
        {
            if (condition()) return true;
            if (_cluster.Scheduler.Now >= end)
            {
                _cluster.Promises.Break($"P9, P13: not within {Patience.TotalSeconds} s: {what}. {Missing()}");
                return false;
            }
            Run(TimeSpan.FromMilliseconds(10));
        }
        return false;
    }

    private Coordination.PartitionState? State(TopicPartition id) =>
        _cluster.Promises.States.All(_cluster.Ensemble.Tree).Where(entry => entry.Id == id).Select(entry => entry.State).FirstOrDefault();

    private bool IsWhole() => Missing().Length == 0;

    // What a mended cluster still lacks, in words; empty when it is whole.
    private string Missing()
    {
        foreach (var client in _clients.Where(client => client is not SimulatedConsumer && client.IsStopping && !client.IsDone)) return $"{client.Process.Name} has not ended";
        foreach (var machine in _cluster.Machines)
            if (machine.Broker is not { ServesClients: true }) return $"broker {machine.Id} does not serve";
        foreach (var id in _partitions)
        {
            if (State(id) is not { Leader: >= 0 } state) return $"{id} has no leader";
            if (state.Isr.Count < 3) return $"{id} has the ISR [{string.Join(",", state.Isr)}] only, leader {state.Leader}, leader epoch {state.LeaderEpoch}";
            foreach (var replica in state.Isr)
            {
                if (_cluster.BrokerAt(replica)?.Partitions?.Find(id) is not { } partition) return $"broker {replica} does not host {id}";
                if (!_cluster.Promises.IsComplete(partition))
                    return $"broker {replica} has {id} to {partition.LogEndOffset}, high watermark {partition.HighWatermark}, committed is to {_cluster.Promises.LogOf(id, partition.TopicId).End}";
            }
        }
        return _cluster.Ensemble.Tree.Find(DeleteTopicNode.Parent) is { Children.IsEmpty: false } deletions ? $"still to be deleted: {string.Join(", ", deletions.Children)}" : "";
    }
}
