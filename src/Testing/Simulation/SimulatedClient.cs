using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Simulation;

/// <summary>What producers and consumers share: asking some broker who leads, a connection to each broker, and patience.</summary>
internal abstract class SimulatedClient(SimulatedCluster cluster, int node, string name)
{
    protected static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly Dictionary<int, SimulatedConnection> _connections = [];
    private readonly Dictionary<(TopicPartition Id, Guid TopicId), int> _newest = [];

    public SimulatedProcess Process { get; } = new(cluster.Scheduler, name, node);

    protected SimulatedCluster Cluster { get; } = cluster;

    /// <summary>Nothing new is begun any more.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Everything begun has ended.</summary>
    public bool IsDone { get; private set; }

    public void Start() => Process.Run(async () =>
    {
        await RunAsync();
        IsDone = true;
    });

    protected abstract Task RunAsync();

    protected Task PauseAsync(double milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds * (0.5 + Cluster.Scheduler.Chance.NextDouble())), Process.Clock);

    /// <summary>Leader, epoch and topic id as some broker has them; null when it does not know or cannot be asked.</summary>
    protected async Task<(int Leader, int Epoch, Guid TopicId)?> LeaderOfAsync(TopicPartition id)
    {
        var broker = Cluster.Machines[Cluster.Scheduler.Chance.Next(Cluster.Machines.Count)].Id;
        try
        {
            var found = await AskAsync(broker, asked =>
            {
                var snapshot = asked.Part<MetadataCache>().Current;
                var partition = snapshot.FindPartition(id.Topic, id.Partition);
                return Task.FromResult<(int, int, Guid)?>(partition is { Leader: >= 0 } known ? (known.Leader, known.LeaderEpoch, snapshot.Topics[id.Topic].TopicId) : null);
            });
            // Like the clients of Kafka: metadata older than what one has seen is not believed (KIP-320).
            if (found is not var (_, epoch, topicId) || epoch < _newest.GetValueOrDefault((id, topicId), -1)) return null;
            _newest[(id, topicId)] = epoch;
            return found;
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            return null;
        }
    }

    protected Task<T> AskAsync<T>(int broker, Func<SimulatedBroker, Task<T>> serve)
    {
        var connection = _connections.GetValueOrDefault(broker);
        if (connection is not { IsOpen: true }) _connections[broker] = connection = new SimulatedConnection(Cluster, Process, Process.Number, broker);
        return connection.AskAsync(serve, static asked => asked.ServesClients, Timeout);
    }
}
