using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Every broker has one; the one whose broker sits in <c>/controller</c> decides for the cluster. It tries for the seat at start and
/// whenever the seat becomes free, and gives up everything the moment its session is lost.
/// Owner of the term and its state: the event loop. Session and watch callbacks only leave hints and cancel the term.
/// </summary>
public sealed class Controller : IControllerRequests
{
    /// <summary>After a failure in office: time for another broker to take the seat first.</summary>
    private static readonly TimeSpan StandBack = TimeSpan.FromSeconds(1);

    private readonly BrokerIdentity _identity;
    private readonly ControllerSeat _seat;
    private readonly ControllerEffects _effects;
    private readonly ControllerFailover _failover;
    private readonly BrokersChanged _brokers;
    private readonly TopicsChanged _topics;
    private readonly TopicDeletion _deletion;
    private readonly IsrChanges _isrChanges;
    private readonly ControlledShutdown _shutdown;
    private readonly LeadershipWrites _leadership;
    private readonly ControllerEventLoop _loop;
    private readonly CancellationTokenSource _stopping = new();
    private ControllerState? _state;                 // the loop's own
    private CancellationTokenSource? _term;          // made by the loop, cancelled by anyone
    private long _registeredSession;                 // written by the membership, read by the loop
    private volatile bool _active;
    private volatile int _controllerId = -1;
    private Task _running = Task.CompletedTask;

    public Controller(BrokerIdentity identity, ControllerSeat seat, ControllerEffects effects)
    {
        (_identity, _seat, _effects) = (identity, seat, effects);
        _leadership = new LeadershipWrites(effects);
        var elections = new Elections(effects, _leadership);
        _deletion = new TopicDeletion(effects);
        _failover = new ControllerFailover(effects, elections, _deletion);
        _brokers = new BrokersChanged(effects, elections, _deletion);
        _topics = new TopicsChanged(effects, elections);
        _isrChanges = new IsrChanges(effects);
        _shutdown = new ControlledShutdown(effects, _leadership);
        _loop = new ControllerEventLoop(looks => InTermAsync(() => LookAsync(looks)), happened => InTermAsync(() => HandleAsync(happened)), effects.Log);
    }

    /// <summary>This broker holds the seat and has finished its failover.</summary>
    public bool IsActive => _active;

    /// <summary>The broker last seen in the seat; null when nobody was.</summary>
    public int? ActiveControllerId => _controllerId is >= 0 and var id ? id : null;

    /// <summary>Begins to listen; tries for the seat as soon as this broker is registered.</summary>
    public Task StartAsync()
    {
        _effects.ZooKeeper.SessionChanged += OnSessionChanged;
        _effects.ZooKeeper.ZNodeChanged += OnZNodeChanged;
        _identity.Registered += OnRegistered;
        _running = _loop.RunAsync();
        if (_identity.BrokerEpoch != BrokerIdentity.NotRegistered) OnRegistered(_identity.BrokerEpoch);
        return Task.CompletedTask;
    }

    /// <summary>Leaves the seat, if held, and ends the loop.</summary>
    public async Task StopAsync()
    {
        _effects.ZooKeeper.SessionChanged -= OnSessionChanged;
        _effects.ZooKeeper.ZNodeChanged -= OnZNodeChanged;
        _identity.Registered -= OnRegistered;
        _stopping.Cancel();
        _term?.Cancel();
        _loop.Complete();
        await _running;
        await ResignAsync(freeSeat: true);
    }

    /// <summary>A request handler wrote a topic's assignment again.</summary>
    public async ValueTask TopicRewrittenAsync(string topic, CancellationToken ct) => await _loop.PostAsync(new ControllerEvent.TopicRewritten(topic), ct);

    public async ValueTask<ControlledShutdownAnswer> ShutDownAsync(ControlledShutdownOrder order, CancellationToken ct)
    {
        if (!_active) return NotController();
        var answer = new TaskCompletionSource<ControlledShutdownAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gone = ct.Register(() => answer.TrySetCanceled(ct));
        return await _loop.PostAsync(new ControllerEvent.ShutdownRequested(order, answer), ct) ? await answer.Task : NotController();
    }

    private static async Task EndAsync(CancellationTokenSource term)
    {
        await Task.Yield();
        term.Cancel();
    }

    private static ControlledShutdownAnswer NotController() => new() { ErrorCode = (short)ErrorCode.NotController };

    // Under a new session watches are set again and the seat is tried for.
    private void OnRegistered(BrokerEpoch brokerEpoch)
    {
        Volatile.Write(ref _registeredSession, _effects.ZooKeeper.SessionId);
        _loop.Look(Looks.Session | Looks.Everything);
    }

    private void OnSessionChanged(ZooKeeperSessionState state)
    {
        if (state == ZooKeeperSessionState.Expired)
        {
            _active = false;
            // Not waited for: this runs on the ZooKeeper client's event loop.
            if (_term is { } term) _ = EndAsync(term);
            _loop.Look(Looks.Seat);
        }
        else if (state == ZooKeeperSessionState.Connected)
        {
            // Events of persistent watches that fired while we were away are not delivered later: look at everything.
            _loop.Look(Looks.Everything);
        }
    }

    private void OnZNodeChanged(ZNodeEvent happened) => _loop.Look(happened.Path switch
    {
        ControllerNode.Path => Looks.Seat,
        BrokerIdNode.Parent => Looks.Brokers,
        TopicNode.Parent => Looks.Topics,
        DeleteTopicNode.Parent => Looks.Deletions,
        IsrChangeNode.Parent => Looks.IsrChanges,
        _ => Looks.None,
    });

    private async Task LookAsync(Looks looks)
    {
        if (looks.HasFlag(Looks.Session)) await _effects.ZooKeeper.AddWatchAsync(ControllerNode.Path, WatchMode.Persistent, _stopping.Token);
        if ((looks & (Looks.Seat | Looks.Session)) != 0) await SeatAsync();
        if (_state is null || _term is null) return;
        var ct = _term.Token;
        if (looks.HasFlag(Looks.Brokers)) _state = await _brokers.RunAsync(_state, ct);
        if (looks.HasFlag(Looks.Topics)) _state = await _topics.RunAsync(_state, ct);
        if (looks.HasFlag(Looks.Deletions)) _state = await _deletion.RunAsync(_state, ct);
        if (looks.HasFlag(Looks.IsrChanges)) _state = await _isrChanges.RunAsync(_state, ct);
    }

    private async Task HandleAsync(ControllerEvent happened)
    {
        if (_state is null || _term is null)
        {
            if (happened is ControllerEvent.ShutdownRequested late) late.Answer.TrySetResult(NotController());
            return;
        }
        var ct = _term.Token;
        switch (happened)
        {
            case ControllerEvent.ShutdownRequested request:
                await ShutDownAsync(request, ct);
                break;
            case ControllerEvent.DeletionAnswered answer:
                _state = await _deletion.AnsweredAsync(_state, answer, ct);
                break;
            case ControllerEvent.LeadershipAnswered answer:
                await ReplicasFailedAsync(answer, ct);
                break;
            case ControllerEvent.TopicRewritten rewritten:
                _state = await _topics.ReadAgainAsync(_state, rewritten.Topic, ct);
                break;
        }
    }

    private async Task ShutDownAsync(ControllerEvent.ShutdownRequested request, CancellationToken ct)
    {
        try
        {
            (_state, var answer) = await _shutdown.RunAsync(_state!, request.Order, ct);
            request.Answer.TrySetResult(answer);
        }
        finally
        {
            request.Answer.TrySetResult(NotController());
        }
    }

    // A replica whose disk failed cannot lead or follow; other errors mean that the order was old, and a newer one is on its way.
    private async Task ReplicasFailedAsync(ControllerEvent.LeadershipAnswered answer, CancellationToken ct)
    {
        if (!_state!.Brokers.TryGetValue(answer.Broker, out var broker) || broker.Epoch != answer.BrokerEpoch) return;
        var failed = answer.Failed.Where(partition => partition.ErrorCode == (short)ErrorCode.KafkaStorageError)
            .Select(partition => new TopicPartition(partition.Topic, partition.Partition)).ToList();
        if (failed.Count == 0) return;
        _effects.Log.LogError("Broker {Broker} has lost the disk of {Count} partitions", answer.Broker, failed.Count);
        var offline = await _leadership.StoreAsync(_state, failed, (view, partition) => view.Partitions.TryGetValue(partition, out var stored)
            ? LeaderElection.WithoutReplica(stored.State, answer.Broker, view.Term.Epoch)
            : null, ct);
        var elected = await _leadership.StoreAsync(offline.State, failed, (view, partition) => !view.Partitions.TryGetValue(partition, out var stored)
            ? null
            : LeaderElection.AfterBrokersChanged(view.Replicas(partition), stored.State,
                id => id != answer.Broker && view.IsLive(id), view.IsUp, view.Term.Epoch, uncleanAllowed: false), ct);
        _state = elected.State;
        var changed = offline.Changed.Union(elected.Changed).ToList();
        _effects.Orders.Send(new OrderPlan(_state).Lead(changed).Tell(changed));
    }

    private async Task SeatAsync()
    {
        if (_state is not null)
        {
            if (!_term!.IsCancellationRequested && await _seat.IsOursAsync(_stopping.Token)) return;
            await ResignAsync(freeSeat: false);
        }
        // Registering comes first under every session: a controller that is no live broker could not lead its own partitions.
        if (Volatile.Read(ref _registeredSession) != _effects.ZooKeeper.SessionId || _effects.ZooKeeper.State != ZooKeeperSessionState.Connected) return;
        var result = await _seat.TryTakeAsync(_stopping.Token);
        _controllerId = result.Holder ?? -1;
        if (result.Term is null) return;
        _effects.Log.LogInformation("Controller: broker {Broker} took the seat, epoch {Epoch}", _identity.BrokerId, result.Term.Epoch);
        _term = new CancellationTokenSource();   // never disposed: it has no timer, and a callback may still cancel it
        _state = new ControllerState(_identity.BrokerId, result.Term);
        _effects.Orders.Begin(_identity.BrokerId, result.Term, async (happened, ct) => await _loop.PostAsync(happened, ct), () => _loop.Look(Looks.Seat | Looks.Brokers));
        _state = await _failover.RunAsync(_identity.BrokerId, result.Term, _term.Token);
        _active = !_term.IsCancellationRequested;
    }

    // Whatever goes wrong in office ends the term: a controller that missed a decision is worse than a new one that loads everything.
    private async Task InTermAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (ControllerMovedException e)
        {
            _effects.Log.LogWarning("Controller: {Reason}", e.Message);
            await ResignAsync(freeSeat: false);
            _loop.Look(Looks.Seat);
        }
        catch (Exception e) when (e is OperationCanceledException || e is ZooKeeperException { Error: ZooKeeperError.SessionExpired })
        {
            await ResignAsync(freeSeat: _stopping.IsCancellationRequested);
        }
        catch (ZooKeeperException e) when (_state is null)
        {
            // Out of office the one thing to do is to watch the seat and try for it; a connection lost on the way must not end that.
            _effects.Log.LogWarning("Controller: trying for the seat failed, repeated: {Reason}", e.Message);
            await StandBackAsync(Looks.Session | Looks.Seat);
        }
        catch (Exception e) when (_state is not null)
        {
            _effects.Log.LogError(e, "Controller: resigning after a failure: {Reason}", e.Message);
            await ResignAsync(freeSeat: true);
            await StandBackAsync(Looks.Seat);
        }
    }

    private async Task StandBackAsync(Looks then)
    {
        try
        {
            await Task.Delay(StandBack, _effects.Time, _stopping.Token);
            _loop.Look(then);
        }
        catch (OperationCanceledException)
        {
            return;   // stopping
        }
    }

    private async Task ResignAsync(bool freeSeat)
    {
        if (_state is null) return;
        _active = false;
        var term = _state.Term;
        _state = null;
        _term!.Cancel();
        _term = null;
        await _effects.Orders.EndAsync();
        _effects.Log.LogInformation("Controller: broker {Broker} left the seat, epoch {Epoch}", _identity.BrokerId, term.Epoch);
        if (!freeSeat || _effects.ZooKeeper.State != ZooKeeperSessionState.Connected) return;
        try
        {
            await _seat.ResignAsync(term, CancellationToken.None);
        }
        catch (ZooKeeperException e)
        {
            _effects.Log.LogWarning("Controller: freeing the seat failed ({Reason}); it goes with the session", e.Message);
        }
    }
}
