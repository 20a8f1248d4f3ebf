using ClassicBroker.Broker.Configuration;
using ClassicBroker.Coordination;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// Some brokers, an ensemble and the links between them, all in one process on one <see cref="Scheduler"/>. Brokers start, die and come back as the
/// fault schedule says; machines keep their disks. Owner: the scheduler's thread.
/// </summary>
internal sealed class SimulatedCluster
{
    private static readonly TimeSpan RestartAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, BrokerOptions> _options = [];
    private readonly Dictionary<SimulatedProcess, SimulatedBroker> _brokers = [];

    public SimulatedCluster(int seed, int brokers, Fence without = Fence.None)
    {
        Scheduler = new Scheduler(seed);
        Network = new Network(Scheduler);
        Ensemble = new ModelEnsemble(Scheduler, Network);
        Fences = new Fences(without);
        Promises = new Promises(this);
        Machines = [.. Enumerable.Range(1, brokers).Select(id => new SimulatedMachine(id, NewDisk()))];
    }

    /// <summary>Room on a disk that is not full.</summary>
    public const long Room = 1L << 40;

    /// <summary>Whoever dies is started again: after the faults.</summary>
    public bool IsSupervised { get; set; }

    public Scheduler Scheduler { get; }

    public Network Network { get; }

    public ModelEnsemble Ensemble { get; }

    public Fences Fences { get; }

    public Promises Promises { get; }

    public IReadOnlyList<SimulatedMachine> Machines { get; }

    public TimeSpan SessionTimeout { get; } = TimeSpan.FromSeconds(6);

    public SimulatedBroker? BrokerAt(int id) => Machines.FirstOrDefault(machine => machine.Id == id)?.Broker;

    /// <summary>The broker life this process is; null for clients and the world.</summary>
    public SimulatedBroker? BrokerOf(SimulatedProcess process) => _brokers.GetValueOrDefault(process);

    public BrokerOptions OptionsOf(int id)
    {
        if (_options.TryGetValue(id, out var known)) return known;
        var values = new Dictionary<string, string>
        {
            ["broker.id"] = $"{id}",
            ["listeners"] = $"{SimulatedBroker.Listener}://broker-{id}:9092",
            ["log.dirs"] = "/data",
            ["zookeeper.connect"] = "simulated:2181",
            ["zookeeper.session.timeout.ms"] = "6000",
            ["replica.lag.time.max.ms"] = "4000",
            ["replica.socket.timeout.ms"] = "5000",
            ["replica.fetch.backoff.ms"] = "300",
            ["replica.high.watermark.checkpoint.interval.ms"] = "1000",
            ["controller.socket.timeout.ms"] = "5000",
            ["controlled.shutdown.retry.backoff.ms"] = "500",
            ["leader.imbalance.check.interval.seconds"] = "10",
            ["log.segment.bytes"] = "16384",
            ["log.retention.ms"] = "-1",
            ["log.retention.bytes"] = "-1",
            ["default.replication.factor"] = "3",
            ["min.insync.replicas"] = "2",
            ["auto.create.topics.enable"] = "false",
        };
        return _options[id] = BrokerOptionsReader.Read(values).Options;
    }

    public void Start(SimulatedMachine machine)
    {
        if (machine.Broker is not null) return;
        // A machine that lost power is kept away until it has left the ISRs that others are in: see docs/simulator.md.
        if (machine.LostPower && Promises.States.IsInSyncBesideOthers(machine.Id))
        {
            Scheduler.After(RestartAfterFailure, () => Start(machine));
            return;
        }
        machine.LostPower = false;
        var broker = new SimulatedBroker(this, machine, ++machine.Lives);
        machine.Broker = broker;
        _brokers[broker.Process] = broker;
        Scheduler.Note(broker.Process.Name, "starts");
        broker.Process.Run(async () =>
        {
            try
            {
                await broker.StartAsync();
            }
            catch (Exception refused) when (refused is IOException or BrokerIdInUseException or Coordination.ZooKeeper.ZooKeeperException)
            {
                Scheduler.Note(broker.Process.Name, $"could not start: {refused.Message}");
                Kill(machine);
                Scheduler.After(RestartAfterFailure, () => Start(machine));
            }
        });
    }

    /// <summary>SIGKILL: the process is gone between two steps, what it wrote stays in the page cache.</summary>
    public void Kill(SimulatedMachine machine)
    {
        if (machine.Broker is not { } broker) return;
        Scheduler.Note(broker.Process.Name, "is killed");
        broker.Process.Kill();
        broker.ZooKeeper?.Die();
        machine.Disk.ProcessDeath();
        machine.Broker = null;
        _brokers.Remove(broker.Process);
        foreach (var connection in broker.Connections) connection.Reset();
        if (IsSupervised) Scheduler.After(RestartAfterFailure, () => Start(machine));
    }

    /// <summary>The machine loses power: what was not flushed is lost or partly kept.</summary>
    public void LosePower(SimulatedMachine machine)
    {
        Scheduler.Note($"broker {machine.Id}", "loses power");
        Promises.TailsLost(machine.Id);
        Kill(machine);
        machine.LostPower = true;
        machine.Disk.PowerLoss(Scheduler.Chance);
    }

    private MemoryDisk NewDisk()
    {
        var disk = new MemoryDisk(Scheduler.World.Clock) { FreeBytes = Room };
        disk.CreateDirectory("/data");
        disk.FlushDirectory("/");
        return disk;
    }

    /// <summary>SIGTERM: controlled shutdown, then the end of the process.</summary>
    public void Stop(SimulatedMachine machine)
    {
        if (machine.Broker is not { ServesClients: true } broker) return;
        Scheduler.Note(broker.Process.Name, "is asked to stop");
        broker.Process.Run(async () =>
        {
            await broker.StopAsync();
            Kill(machine);
        });
    }
}
