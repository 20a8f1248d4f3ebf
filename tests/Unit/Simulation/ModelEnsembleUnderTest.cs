using ClassicBroker.Conformance;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing.Simulation;

namespace ClassicBroker.Unit.Simulation;

/// <summary>The simulator's ensemble under the conformance tests of the real driver: each tree is an ensemble of its own.</summary>
public sealed class ModelEnsembleUnderTest : IEnsembleUnderTest
{
    private const int ClientNode = 1;

    private readonly Scheduler _scheduler = new(seed: 17);
    private readonly Dictionary<string, ModelEnsemble> _trees = [];
    private SimulatedProcess _process = null!;

    public Task RunAsync(Func<Task> body)
    {
        _process = new SimulatedProcess(_scheduler, "test", number: ClientNode);
        Task? running = null;
        _process.Post(_ => running = body(), null);
        Assert.True(_scheduler.RunUntil(() => running is { IsCompleted: true }, TimeSpan.FromMinutes(10)), "the body did not end in ten minutes of virtual time");
        return running!;
    }

    public string NewTree() => $"tree-{_trees.Count}";

    public async Task<IZooKeeper> ConnectAsync(string? tree = null) => await ConnectTo(tree, ClientNode);

    public async Task<ICuttableClient> ConnectCuttableAsync(string tree)
    {
        var node = 100 + _trees.Count;
        return new CuttableModel(_trees[tree], node, await ConnectTo(tree, node));
    }

    private Task<ModelZooKeeper> ConnectTo(string? tree, int node)
    {
        tree ??= NewTree();
        if (!_trees.TryGetValue(tree, out var ensemble)) _trees[tree] = ensemble = new ModelEnsemble(_scheduler, new Testing.Simulation.Network(_scheduler));
        return ModelZooKeeper.ConnectAsync(ensemble, _process, node, TimeSpan.FromSeconds(15));
    }

    private sealed class CuttableModel(ModelEnsemble ensemble, int node, ModelZooKeeper client) : ICuttableClient
    {
        public IZooKeeper ZooKeeper => client;

        public void Cut()
        {
            foreach (var server in ensemble.Servers)
            {
                ensemble.Network.Cut(node, server.Node);
                ensemble.Network.Cut(server.Node, node);
            }
        }

        public void Mend() => ensemble.Network.MendAll();

        public ValueTask DisposeAsync() => client.DisposeAsync();
    }
}

public class ModelOperationsTests() : OperationsConformance(new ModelEnsembleUnderTest());

public class ModelMultiTests() : MultiConformance(new ModelEnsembleUnderTest());

public class ModelWatchTests() : WatchConformance(new ModelEnsembleUnderTest());
