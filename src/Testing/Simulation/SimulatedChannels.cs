using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Testing.Simulation;

/// <summary>The control plane over the simulated network: the real frames, the real receiver on the other side.</summary>
internal sealed class SimulatedBrokerChannel(SimulatedCluster cluster, SimulatedProcess process, int node) : IBrokerChannel
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<int, SimulatedConnection> _connections = [];
    private int _number;

    public async Task<TAnswer> SendAsync<TOrder, TAnswer>(BrokerAddress to, TOrder order, CancellationToken ct)
        where TOrder : class
        where TAnswer : class, IControlPlaneAnswer
    {
        var connection = _connections.GetValueOrDefault(to.BrokerId);
        if (connection is not { IsOpen: true }) _connections[to.BrokerId] = connection = new SimulatedConnection(cluster, process, node, to.BrokerId);
        var frame = ControlPlaneCodec.Frame(ControlPlaneChannel.KindOf(order), ++_number, cluster.Fences.Send(order)).AsMemory(sizeof(int));
        try
        {
            var answer = await connection.AskAsync(broker => broker.OrderAsync(frame), static broker => broker.TakesOrders, Timeout, ct);
            return ControlPlaneCodec.Body<TAnswer>(answer.AsMemory(sizeof(int)));
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            connection.Close();
            throw new BrokerChannelException($"{typeof(TOrder).Name} to broker {to.BrokerId}: {failure.Message}", failure);
        }
    }
}

/// <summary>Followers' fetches over the simulated network.</summary>
internal sealed class SimulatedLeaderChannels(SimulatedCluster cluster, SimulatedProcess process, int node) : ILeaderChannels
{
    public ILeaderChannel Open(LeaderAddress leader, int fetcherIndex) => new Channel(cluster, process, node, leader.BrokerId);

    private sealed class Channel(SimulatedCluster cluster, SimulatedProcess process, int node, int leader) : ILeaderChannel
    {
        private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

        private readonly FetchQueue _queue = new();
        private SimulatedConnection? _connection;

        public Task<FetchResponse> FetchAsync(FetchRequest request, short version, CancellationToken ct) =>
            Open().AskAsync(broker => broker.FetchAsync(cluster.Fences.Send(request), version, _queue), static broker => broker.ServesClients, Timeout, ct);

        public Task<ListOffsetsResponse> ListOffsetsAsync(ListOffsetsRequest request, short version, CancellationToken ct) =>
            Open().AskAsync(broker => broker.ListOffsetsAsync(request, version), static broker => broker.ServesClients, Timeout, ct);

        public ValueTask DisposeAsync()
        {
            _connection?.Close();
            return ValueTask.CompletedTask;
        }

        private SimulatedConnection Open() =>
            _connection is { IsOpen: true } open ? open : _connection = new SimulatedConnection(cluster, process, node, leader);
    }
}
