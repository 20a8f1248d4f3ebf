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

    /// <summary>The first look at the balance of leaders after taking the seat (Kafka: 5 s).</summary>
    private static readonly TimeSpan FirstBalance = TimeSpan.FromSeconds(5);

    private readonly BrokerIdentity _identity;
    private readonly ControllerSeat _seat;
    private readonly ControllerEffects _effects;
    private readonly ControllerDecisions _decisions;
    private readonly ControllerEventLoop _loop;
    private readonly CancellationTokenSource _stopping = new();
    private ControllerState? _state;                 // the loop's own
    private CancellationTokenSource? _term;          // made by the loop, cancelled by anyone
    private ITimer? _balance;                        // the loop's own, while in office
    private long _registeredSession;                 // written by the membership, read by the loop
    private volatile bool _active;
    private volatile int _controllerId = -1;
    private Task _running = Task.CompletedTask;

    public Controller(BrokerIdentity identity, ControllerSeat seat, ControllerEffects effects)
    {
        (_identity, _seat, _effects) = (identity, seat, effects);
        _decisions = new ControllerDecisions(effects);
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

    /// <summary>A topic's configuration was changed so that a leader outside the ISR is allowed.</summary>
    public async ValueTask UncleanElectionAllowedAsync(string topic, CancellationToken ct)
    {
        if (_active) await _loop.PostAsync(new ControllerEvent.UncleanElectionAllowed(topic), ct);
    }

    public async ValueTask<ControlledShutdownAnswer> ShutDownAsync(ControlledShutdownOrder order, CancellationToken ct) =>
        await AskAsync<ControlledShutdownAnswer>(answer => new ControllerEvent.ShutdownRequested(order, answer), ct)
        ?? new ControlledShutdownAnswer { ErrorCode = (short)ErrorCode.NotController };

    public async ValueTask<HandOverAnswer> HandOverAsync(HandOverOrder order, CancellationToken ct) =>
        await AskAsync<HandOverAnswer>(answer => new ControllerEvent.HandOverRequested(order, answer), ct)
        ?? new HandOverAnswer { ErrorCode = (short)ErrorCode.NotController };

    /// <summary>Begins reassignments (null replicas: cancels). Null: this broker is not the controller.</summary>
    public Task<IReadOnlyDictionary<TopicPartition, RequestOutcome>?> ReassignAsync(IReadOnlyDictionary<TopicPartition, int[]?> wishes, CancellationToken ct) =>
        AskAsync<IReadOnlyDictionary<TopicPartition, RequestOutcome>>(answer => new ControllerEvent.ReassignmentRequested(wishes, answer), ct);

    /// <summary>What is being reassigned. Null: this broker is not the controller.</summary>
    public Task<IReadOnlyList<OngoingReassignment>?> ReassignmentsAsync(CancellationToken ct) =>
        AskAsync<IReadOnlyList<OngoingReassignment>>(answer => new ControllerEvent.ReassignmentsListed(answer), ct);

    /// <summary>Holds elections (null partitions: wherever one is due). Null: this broker is not the controller.</summary>
    public Task<IReadOnlyDictionary<TopicPartition, RequestOutcome>?> ElectAsync(
        ElectionKind kind, IReadOnlyCollection<TopicPartition>? partitions, CancellationToken ct) =>
        AskAsync<IReadOnlyDictionary<TopicPartition, RequestOutcome>>(answer => new ControllerEvent.ElectionRequested(kind, partitions, answer), ct);

    private async Task<TAnswer?> AskAsync<TAnswer>(Func<TaskCompletionSource<TAnswer?>, ControllerEvent> question, CancellationToken ct)
        where TAnswer : class
    {
        if (!_active) return null;
        var answer = new TaskCompletionSource<TAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gone = ct.Register(() => answer.TrySetCanceled(ct));
        return await _loop.PostAsync(question(answer), ct) ? await answer.Task : null;
    }

    private static async Task EndAsync(CancellationTokenSource term)
    {
        await Task.Yield();
        term.Cancel();
    }

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

    private void OnZNodeChanged(ZNodeEvent happened)
    {
        var looks = LooksFrom.Event(happened);
        if (looks != Looks.None) _loop.Look(looks);
    }

    private async Task LookAsync(Looks looks)
    {
        if (looks.HasFlag(Looks.Session)) await _effects.ZooKeeper.AddWatchAsync(ControllerNode.Path, WatchMode.Persistent, _stopping.Token);
        if ((looks & (Looks.Seat | Looks.Session)) != 0) await SeatAsync();
        if (_state is not null && _term is not null) _state = await _decisions.LookAsync(_state, looks, _term.Token);
    }

    private async Task HandleAsync(ControllerEvent happened)
    {
        try
        {
            if (_state is not null && _term is not null) _state = await _decisions.HandleAsync(_state, happened, _term.Token);
        }
        finally
        {
            happened.Refuse();
        }
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
        _state = await _decisions.Failover.RunAsync(_identity.BrokerId, result.Term, _term.Token);
        _active = !_term.IsCancellationRequested;
        _loop.Look(Looks.Reassignments | Looks.ReassignmentWishes | Looks.ElectionWishes);
        if (_effects.Rules.AutoLeaderRebalance)
            _balance = _effects.Time.CreateTimer(_ => _loop.Look(Looks.Balance), null, FirstBalance, _effects.Rules.ImbalanceCheckInterval);
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
        if (_balance is not null) await _balance.DisposeAsync();
        _balance = null;
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
