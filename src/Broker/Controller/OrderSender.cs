using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Carries orders to the brokers: for each broker a queue of its own with one order in flight, so a slow broker holds up no other.
/// Owner: the controller's loop, which begins a term, adds and removes brokers and hands over plans; the outboxes run beside it.
/// </summary>
public sealed class OrderSender(IBrokerChannel channel, TimeProvider time, ILogger<OrderSender> log)
{
    /// <summary>Pause before an order is sent again; Kafka's 100 ms.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<int, BrokerOutbox> _outboxes = [];
    private CancellationTokenSource? _termOver;
    private Term? _term;

    /// <param name="answered">Takes answers the controller has to act on; may wait.</param>
    /// <param name="refused">Called when a broker said that we, or our idea of it, belong to the past.</param>
    public void Begin(int controllerId, ControllerTerm term, Func<ControllerEvent, CancellationToken, ValueTask> answered, Action refused)
    {
        _termOver = new CancellationTokenSource();
        _term = new Term(controllerId, term.Epoch, channel, time, log, answered, refused);
    }

    /// <summary>Opens the queue of a broker's new life; one of an earlier life is closed first.</summary>
    public async Task AddAsync(BrokerRegistration broker)
    {
        await RemoveAsync(broker.BrokerId);
        _outboxes[broker.BrokerId] = new BrokerOutbox(_term!, broker, _termOver!.Token);
    }

    /// <summary>Drops what waits for a broker that is gone.</summary>
    public async Task RemoveAsync(int broker)
    {
        if (_outboxes.Remove(broker, out var outbox)) await outbox.StopAsync();
    }

    public void Send(OrderPlan plan)
    {
        foreach (var (broker, orders) in plan.ByBroker)
            if (_outboxes.TryGetValue(broker, out var outbox)) outbox.Add(orders);
    }

    /// <summary>The term is over: whatever waits is dropped.</summary>
    public async Task EndAsync()
    {
        if (_termOver is null) return;
        _termOver.Cancel();
        await Task.WhenAll(_outboxes.Values.Select(outbox => outbox.StopAsync()));
        _outboxes.Clear();
        _termOver.Dispose();
        _termOver = null;
        _term = null;
    }

    /// <summary>What all outboxes of a term share.</summary>
    internal sealed record Term(
        int ControllerId, ControllerEpoch Epoch, IBrokerChannel Channel, TimeProvider Time, ILogger Log,
        Func<ControllerEvent, CancellationToken, ValueTask> AnsweredAsync, Action Refused);
}
