using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>One server of the model ensemble: what it has applied so far, and its clients.</summary>
internal sealed class ModelServer(ModelEnsemble ensemble, int node)
{
    private static readonly long UsualLag = Scheduler.Ticks(1), Laggard = Scheduler.Ticks(100);

    private readonly List<ModelConnection> _clients = [];
    private long _lastApply;
    private int _life;

    /// <summary>Its number in the <see cref="Network"/>.</summary>
    public int Node { get; } = node;

    public bool IsUp { get; private set; } = true;

    /// <summary>The tree as far as this server has applied it.</summary>
    public ModelTree View { get; private set; } = ModelTree.Empty;

    public bool Serves => IsUp && ensemble.HasQuorum;

    public void SetUp(bool up, ModelTree tree)
    {
        _life++;
        IsUp = up;
        if (up) View = tree;
        else DropClients();
    }

    public void Attach(ModelConnection client) => _clients.Add(client);

    public void Detach(ModelConnection client) => _clients.Remove(client);

    public void DropClients()
    {
        foreach (var client in _clients.ToList()) client.Break("the server closed it");
        _clients.Clear();
    }

    /// <summary>Applies a commit a little later, in order; then watches fire, and then the one who asked is answered.</summary>
    public void Learn(ModelOutcome outcome, Action<ModelOutcome>? done) => After(() =>
    {
        View = outcome.Tree;
        foreach (var change in outcome.Changes)
            foreach (var client in _clients.ToList()) client.Watches.Fire(change, client.Tell);
        done?.Invoke(outcome);
    });

    public void After(Action apply)
    {
        if (!IsUp) return;
        var scheduler = ensemble.Scheduler;
        var life = _life;
        var lag = scheduler.Chance.NextInt64(UsualLag) + (scheduler.Chance.Next(300) == 0 ? scheduler.Chance.NextInt64(Laggard) : 0);
        _lastApply = Math.Max(_lastApply, scheduler.Now + lag);
        scheduler.At(_lastApply, scheduler.World, _ =>
        {
            if (life == _life) apply();
        });
    }
}
