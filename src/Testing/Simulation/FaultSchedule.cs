using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// The faults of one history, drawn from its seed: what happens, to whom, when, and for how long. Rows 1 to 11, 18, 19 and 28 of the fault matrix, as far as
/// they can be had without real processes. Runs in the world; everything it breaks it mends again, <see cref="MendAll"/> at the latest.
/// </summary>
internal sealed class FaultSchedule
{
    private readonly SimulatedCluster _cluster;
    private readonly (int Weight, string Name, Action Happens)[] _faults;
    private bool _over;

    public FaultSchedule(SimulatedCluster cluster)
    {
        _cluster = cluster;
        _faults =
        [
            (10, "kill", () => Down(Some(), kill: true)),
            (4, "kill leader, then the next one", DoubleFailover),
            (3, "kill all", () => cluster.Machines.ToList().ForEach(machine => Down(machine, kill: true))),
            (8, "power loss", PowerLoss),
            (5, "controlled shutdown", () => Down(Some(), kill: false)),
            (6, "short pause", () => Pause(Some(), 0.1, 0.8)),
            (6, "long pause", () => Pause(Some(), 1.1, 2.0)),
            (5, "session expiry", Expire),
            (6, "zookeeper connection lost", () => Some().Broker?.ZooKeeper?.Drop()),
            (3, "zookeeper server down", () => ServersDown(1)),
            (3, "zookeeper quorum lost", () => ServersDown(2)),
            (3, "controller's znode deleted", MoveController),
            (8, "brokers cut apart", CutBrokers),
            (6, "cut from zookeeper", CutFromZooKeeper),
            (4, "slow links", SlowLinks),
            (2, "wall clock jumps", () => Some().WallClockError = TimeSpan.FromMinutes(Chance.Next(-10, 10))),
            (2, "disk full", DiskFull),
        ];
    }

    private Random Chance => _cluster.Scheduler.Chance;

    /// <summary>Faults for so long, then none.</summary>
    public void Begin(TimeSpan span)
    {
        var end = _cluster.Scheduler.Now + span.Ticks;
        Next();

        void Next() => _cluster.Scheduler.After(Between(0.1, 3.5), () =>
        {
            if (_over || _cluster.Scheduler.Now > end) return;
            Draw();
            // Some come in the shadow of another.
            if (Chance.Next(4) == 0) _cluster.Scheduler.After(Between(0.005, 0.4), Draw);
            Next();
        });
    }

    /// <summary>Everything works again: links, servers, brokers.</summary>
    public void MendAll()
    {
        _over = true;
        _cluster.IsSupervised = true;
        _cluster.Scheduler.Note("world", "everything is mended");
        _cluster.Network.MendAll();
        foreach (var server in _cluster.Ensemble.Servers.Where(server => !server.IsUp)) _cluster.Ensemble.SetUp(server, true);
        foreach (var machine in _cluster.Machines)
        {
            machine.Disk.FreeBytes = SimulatedCluster.Room;
            machine.Broker?.Process.Resume();
            if (machine.Broker is { HasLostADirectory: true }) _cluster.Kill(machine);
            else _cluster.Start(machine);
        }
    }

    private void Draw()
    {
        if (_over || IsRecovering) return;
        var at = Chance.Next(_faults.Sum(fault => fault.Weight));
        foreach (var (weight, name, happens) in _faults)
        {
            if ((at -= weight) >= 0) continue;
            _cluster.Scheduler.Note("FAULT", name);
            happens();
            return;
        }
    }

    private SimulatedMachine Some() => _cluster.Machines[Chance.Next(_cluster.Machines.Count)];

    private TimeSpan Between(double seconds, double most) => TimeSpan.FromSeconds(seconds + (most - seconds) * Chance.NextDouble());

    // After a power loss nothing else fails until the rest has gone on without that machine: the promise is about sequences of single failures there.
    private bool IsRecovering => _cluster.Machines.Any(machine => machine.LostPower && _cluster.Promises.States.IsInSyncBesideOthers(machine.Id));

    private bool IsQuiet => !_cluster.Network.HasCuts && _cluster.Ensemble.Servers.All(server => server.IsUp) && _cluster.Machines.All(machine =>
        machine.Broker is { ServesClients: true, Process.IsPaused: false, ZooKeeper.State: ZooKeeperSessionState.Connected } && machine.Disk.FreeBytes > SimulatedCluster.Room / 2);

    private void Later(double seconds, double most, Action action) => _cluster.Scheduler.After(Between(seconds, most), () =>
    {
        if (!_over) action();
    });

    private void Down(SimulatedMachine machine, bool kill)
    {
        if (machine.Broker is null || IsRecovering) return;
        if (kill) _cluster.Kill(machine);
        else _cluster.Stop(machine);
        StartAgain(machine);
    }

    private void StartAgain(SimulatedMachine machine) => Later(0.05, Chance.Next(2) == 0 ? 1 : 9, () =>
    {
        if (machine.Broker is null) _cluster.Start(machine);
        else StartAgain(machine);   // still stopping
    });

    private void PowerLoss()
    {
        var machine = Some();
        if (!IsQuiet || !_cluster.Promises.States.MayLosePower(machine.Id)) return;
        _cluster.LosePower(machine);
        StartAgain(machine);
    }

    // The leader of some partition dies, and the one elected after it a moment later; the first is on its way back.
    private void DoubleFailover()
    {
        var states = _cluster.Promises.States.All(_cluster.Ensemble.Tree).Where(entry => entry.State.Leader >= 0).ToList();
        if (states.Count == 0) return;
        var (id, state) = states[Chance.Next(states.Count)];
        Down(_cluster.Machines[state.Leader - 1], kill: true);
        Second(id, state.LeaderEpoch, tries: 40);
    }

    private void Second(TopicPartition id, LeaderEpoch epoch, int tries) => Later(0.05, 0.5, () =>
    {
        var now = _cluster.Promises.States.All(_cluster.Ensemble.Tree).Where(entry => entry.Id == id).Select(entry => entry.State).FirstOrDefault();
        if (now is { Leader: >= 0 } && now.LeaderEpoch > epoch) Later(0.001, 0.15, () => Down(_cluster.Machines[now.Leader - 1], kill: true));
        else if (now is not null && tries > 0) Second(id, epoch, tries - 1);
    });

    private void Pause(SimulatedMachine machine, double sessions, double most)
    {
        if (machine.Broker is not { } broker || broker.Process.IsPaused) return;
        _cluster.Scheduler.Note(broker.Process.Name, "is stopped (SIGSTOP)");
        broker.Process.Pause();
        Later(_cluster.SessionTimeout.TotalSeconds * sessions, _cluster.SessionTimeout.TotalSeconds * most, () =>
        {
            _cluster.Scheduler.Note(broker.Process.Name, "goes on (SIGCONT)");
            broker.Process.Resume();
        });
    }

    private void Expire()
    {
        if (_cluster.Ensemble.HasQuorum && Some().Broker?.ZooKeeper is { } client && _cluster.Ensemble.Session(client.SessionId) is { } session) _cluster.Ensemble.End(session, "is closed by somebody else");
    }

    private void MoveController()
    {
        if (_cluster.Ensemble.Tree.Find("/controller") is not null) _cluster.Ensemble.DeleteByHand("/controller");
    }

    private void ServersDown(int count)
    {
        foreach (var server in _cluster.Ensemble.Servers.Where(server => server.IsUp).OrderBy(_ => Chance.Next()).Take(count).ToList())
        {
            _cluster.Ensemble.SetUp(server, false);
            Later(0.5, 8, () => _cluster.Ensemble.SetUp(server, true));
        }
    }

    private void CutBrokers()
    {
        var machine = Some();
        var others = _cluster.Machines.Where(other => other != machine).Where(_ => Chance.Next(3) > 0).ToList();
        var oneWay = Chance.Next(3) == 0;
        foreach (var other in others) Cut(machine.Id, other.Id, oneWay, 0.5, 9);
    }

    private void CutFromZooKeeper()
    {
        var machine = Some();
        var all = Chance.Next(3) > 0;
        foreach (var server in _cluster.Ensemble.Servers.Where(_ => all || Chance.Next(2) == 0)) Cut(machine.Id, server.Node, oneWay: Chance.Next(4) == 0, 0.5, 12);
    }

    private void Cut(int one, int other, bool oneWay, double seconds, double most)
    {
        _cluster.Scheduler.Note("world", $"{one} and {other} are cut apart{(oneWay ? " one way" : "")}");
        _cluster.Network.Cut(one, other);
        if (!oneWay) _cluster.Network.Cut(other, one);
        Later(seconds, most, () =>
        {
            _cluster.Network.Mend(one, other);
            _cluster.Network.Mend(other, one);
        });
    }

    private void SlowLinks()
    {
        var machine = Some();
        foreach (var other in _cluster.Machines.Where(other => other != machine))
        {
            _cluster.Network.Slow(machine.Id, other.Id, Between(0.02, 1.5));
            _cluster.Network.Slow(other.Id, machine.Id, Between(0.02, 1.5));
            Later(1, 8, () =>
            {
                _cluster.Network.Mend(machine.Id, other.Id);
                _cluster.Network.Mend(other.Id, machine.Id);
            });
        }
    }

    // The directory goes offline and stays so for this life; the operator makes room and restarts the broker.
    private void DiskFull()
    {
        var machine = Some();
        machine.Disk.FreeBytes = 200;
        Later(1, 4, () =>
        {
            machine.Disk.FreeBytes = SimulatedCluster.Room;
            Down(machine, kill: true);
        });
    }
}
