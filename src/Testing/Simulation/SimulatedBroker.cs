using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Hosting;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.DependencyInjection;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// One life of a broker: the real object graph (<see cref="BrokerGraph"/>) on a simulated disk, ensemble and network, started and stopped in the order of
/// <see cref="BrokerServer"/>. What is left out is sockets, HTTP and the encoding of client requests: handlers are called with their messages.
/// </summary>
internal sealed class SimulatedBroker
{
    public const string Listener = "PLAINTEXT";

    private readonly SimulatedCluster _cluster;
    private readonly SimulatedMachine _machine;
    private readonly BrokerOptions _options;
    private ServiceProvider? _parts;
    private LogDirectories? _directories;
    private ProduceHandler? _produce;
    private FetchHandler? _fetch;
    private ListOffsetsHandler? _listOffsets;
    private int _requests;

    public SimulatedBroker(SimulatedCluster cluster, SimulatedMachine machine, int life)
    {
        (_cluster, _machine, _options) = (cluster, machine, cluster.OptionsOf(machine.Id));
        Process = new SimulatedProcess(cluster.Scheduler, $"broker {machine.Id}{(life > 1 ? $"/{life}" : "")}", machine.Id, machine.WallClockError);
    }

    public int Id => _machine.Id;

    public SimulatedProcess Process { get; }

    /// <summary>Connections others hold to this life.</summary>
    public List<SimulatedConnection> Connections { get; } = [];

    public bool TakesOrders { get; private set; }

    public bool ServesClients { get; private set; }

    public ModelZooKeeper? ZooKeeper { get; private set; }

    public PartitionRegistry? Partitions { get; private set; }

    /// <summary>The replicas here, as of the last order.</summary>
    public Partition[] Hosted { get; private set; } = [];

    public BrokerEpoch BrokerEpoch => _parts is null ? BrokerIdentity.NotRegistered : Part<BrokerIdentity>().BrokerEpoch;

    /// <summary>A log directory failed and is offline until the next start.</summary>
    public bool HasLostADirectory => _directories?.All.Any(static directory => directory.IsOffline) == true || Hosted.Any(static partition => partition.Log.IsOffline);

    public T Part<T>() where T : notnull => _parts!.GetRequiredService<T>();

    public async Task StartAsync()
    {
        var loggers = new SimulatedLog(_cluster.Scheduler, Process.Name);
        _directories = LogDirectories.Open(["/data"], _machine.Disk, Process.Clock, loggers);
        if (_machine.SavedSession is { } previous) await EndPreviousAsync(previous);
        ZooKeeper = await ModelZooKeeper.ConnectAsync(_cluster.Ensemble, Process, _machine.Id, _cluster.SessionTimeout);
        _machine.Save(ZooKeeper.SessionId, ZooKeeper.SessionPassword.Span);
        var zooKeeper = _cluster.Fences.Around(ZooKeeper);
        await ZNodeTree.EnsureAsync(zooKeeper);
        var clusterId = await new ClusterIdStore(zooKeeper).ReadOrCreateAsync();
        _directories.Adopt(Id, clusterId);
        _parts = BrokerGraph.Build(_options, new Foundation(_directories, zooKeeper, _machine, Id, clusterId), loggers, Process.Clock, Seams);

        Partitions = Part<PartitionRegistry>();
        var handlers = _parts.GetServices<IRequestHandler>().ToList();
        (_produce, _fetch, _listOffsets) = (handlers.OfType<ProduceHandler>().Single(), handlers.OfType<FetchHandler>().Single(), handlers.OfType<ListOffsetsHandler>().Single());
        var topics = await Part<TopicStore>().ListAsync();
        var configs = await Part<ConfigStore>().ReadTopicsAsync(topics);
        await _directories.LoadAsync(Part<LogOptions>(), topic => configs.GetValueOrDefault(topic), CancellationToken.None);
        await _directories.StartAsync(CancellationToken.None);
        await Part<IsrUpdates>().StartAsync(CancellationToken.None);
        await Part<HandOvers>().StartAsync(CancellationToken.None);
        await Part<IsrShrinkLoop>().StartAsync(CancellationToken.None);
        await Part<HighWatermarkCheckpointLoop>().StartAsync(CancellationToken.None);
        await Part<RetentionLoop>().StartAsync(CancellationToken.None);
        await Part<Membership>().JoinAsync(Registration(), CancellationToken.None);
        TakesOrders = true;
        await Part<Broker.Controller.Controller>().StartAsync();
        ServesClients = true;
        _cluster.Scheduler.Note(Process.Name, "serves");
    }

    /// <summary>Controlled shutdown, to the clean-shutdown mark and the end of the session.</summary>
    public async Task StopAsync()
    {
        await Part<HandOver>().RunAsync(CancellationToken.None);
        ServesClients = false;
        TakesOrders = false;
        await Part<Broker.Controller.Controller>().StopAsync();
        await Part<FollowerFetchers>().StopAsync();
        await Part<IsrShrinkLoop>().StopAsync();
        await Part<IsrUpdates>().StopAsync();
        await Part<HandOvers>().StopAsync();
        await Part<RetentionLoop>().StopAsync();
        await Part<HighWatermarkCheckpointLoop>().StopAsync();
        await _directories!.StopAsync(Part<BrokerIdentity>().BrokerEpoch.Value, CancellationToken.None);
        await Part<Membership>().StopAsync();
        await ZooKeeper!.DisposeAsync();
        _machine.Delete();
        await _directories!.DisposeAsync();
    }

    public async Task<byte[]> OrderAsync(ReadOnlyMemory<byte> frame)
    {
        var answer = await Part<OrderReceiver>().ReceiveAsync(frame, CancellationToken.None);
        Hosted = [.. Partitions!.All.OrderBy(static partition => partition.Id.ToString(), StringComparer.Ordinal)];
        return answer;
    }

    public async Task<FetchResponse> FetchAsync(FetchRequest request, short version, FetchQueue queue)
    {
        var context = Context(version);
        queue.Previous?.SignalAnotherRequest();
        queue.Previous = context;
        var result = await _fetch!.HandleAsync(request, context);
        foreach (var data in result.Response!.Responses.SelectMany(static topic => topic.Partitions))
            if (data.Records is { } records) data.Records = records.ToArray();
        result.Lease?.Dispose();
        return result.Response;
    }

    public async Task<ListOffsetsResponse> ListOffsetsAsync(ListOffsetsRequest request, short version) =>
        (await _listOffsets!.HandleAsync(request, Context(version))).Response!;

    /// <summary>Null for acks=0.</summary>
    public async Task<ProduceResponse?> ProduceAsync(ProduceRequest request)
    {
        var response = (await _produce!.HandleAsync(request, Context(9))).Response;
        if (response is not null) _cluster.Promises.Answered(this, response);
        return response;
    }

    private RequestContext Context(short version) => new(version, ++_requests, "simulation", Listener, "PLAINTEXT", null, CancellationToken.None);

    private void Seams(IServiceCollection services)
    {
        services.AddSingleton(new Random(_cluster.Scheduler.Chance.Next()));
        services.AddSingleton<IBrokerChannel>(new SimulatedBrokerChannel(_cluster, Process, Id));
        services.AddSingleton<ILeaderChannels>(new SimulatedLeaderChannels(_cluster, Process, Id));
        _cluster.Fences.Remove(services, Id, _options);
    }

    private BrokerRegistration Registration() => new(
        Id,
        [new BrokerEndpoint(Listener, "PLAINTEXT", $"broker-{Id}", 9092), new BrokerEndpoint(ControlPlaneOptions.ListenerName, "PLAINTEXT", $"broker-{Id}", 9093)],
        null,
        BrokerIdentity.NotRegistered);

    // The real takeover speaks ZooKeeper's protocol; here the same by the model's client side: reach a server, close the old session there.
    private async Task EndPreviousAsync((long Id, byte[] Password) previous)
    {
        for (var began = Process.Clock.GetTimestamp(); Process.Clock.GetElapsedTime(began) < _cluster.SessionTimeout;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Process.Clock);
            if (!_cluster.Ensemble.Servers.Any(server => server.Serves && !_cluster.Network.IsCut(Id, server.Node) && !_cluster.Network.IsCut(server.Node, Id))) continue;
            if (_cluster.Ensemble.Session(previous.Id) is { } old) _cluster.Ensemble.End(old, "taken over and closed");
            return;
        }
    }
}

/// <summary>The request before on a fetcher's connection: it is answered at once when another comes behind it.</summary>
internal sealed class FetchQueue
{
    public RequestContext? Previous { get; set; }
}
