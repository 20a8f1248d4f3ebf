using System.Threading.Channels;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// The orders waiting for one life of one broker. They leave one at a time, in order, each repeated until it is answered, the
/// broker is gone or the term is over. What waits is merged, so a slow broker costs memory in proportion to its partitions, not to its delay.
/// Owner: its own loop; <see cref="_gate"/> guards what waits.
/// </summary>
internal sealed class BrokerOutbox
{
    private readonly OrderSender.Term _term;
    private readonly BrokerRegistration _broker;
    private readonly BrokerAddress _address;
    private readonly Lock _gate = new();
    private readonly LinkedList<BrokerOrders> _waiting = new();
    private readonly Channel<bool> _doorbell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _gone;
    private readonly Task _running;

    public BrokerOutbox(OrderSender.Term term, BrokerRegistration broker, CancellationToken termOver)
    {
        _term = term;
        _broker = broker;
        _gone = CancellationTokenSource.CreateLinkedTokenSource(termOver);
        var endpoint = broker.Endpoints.FirstOrDefault(e => e.Listener == ControlPlaneOptions.ListenerName);
        if (endpoint is null)
        {
            term.Log.LogError("Broker {Broker} has no listener {Listener}; it gets no orders", broker.BrokerId, ControlPlaneOptions.ListenerName);
            _running = Task.CompletedTask;
            return;
        }
        _address = new BrokerAddress(broker.BrokerId, endpoint.Host, endpoint.Port);
        _running = RunAsync(_gone.Token);
    }

    public void Add(BrokerOrders orders)
    {
        lock (_gate)
        {
            if (_waiting.Last is not { } last || !last.Value.TryMerge(orders)) _waiting.AddLast(orders);
        }
        _doorbell.Writer.TryWrite(true);
    }

    /// <summary>The broker is gone or the term over: nothing more is sent.</summary>
    public async Task StopAsync()
    {
        _gone.Cancel();
        await _running;
        _gone.Dispose();
    }

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (await _doorbell.Reader.WaitToReadAsync(ct))
            {
                _doorbell.Reader.TryRead(out _);
                while (Take() is { } orders)
                    if (!await DeliverAsync(orders, ct)) return;
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            _term.Log.LogError(e, "Orders to broker {Broker} have stopped: {Reason}", _broker.BrokerId, e.Message);
        }
    }

    private BrokerOrders? Take()
    {
        lock (_gate)
        {
            var first = _waiting.First?.Value;
            if (first is not null) _waiting.RemoveFirst();
            return first;
        }
    }

    // False: this life of the broker takes no more orders.
    private async Task<bool> DeliverAsync(BrokerOrders orders, CancellationToken ct)
    {
        if (orders.BrokersFirst && !await TellAsync(orders, orders.Full, orders.Full, ct)) return false;
        if (orders.Leadership.Count > 0 && !await LeadAsync(orders, ct)) return false;
        if (!orders.Full && orders.Metadata.Count > 0 && !await TellAsync(orders, withPartitions: true, full: false, ct)) return false;
        return orders.Stops.Count == 0 || await StopReplicasAsync(orders, ct);
    }

    private async Task<bool> TellAsync(BrokerOrders orders, bool withPartitions, bool full, CancellationToken ct)
    {
        var order = new UpdateMetadataOrder
        {
            ControllerId = _term.ControllerId,
            ControllerEpoch = _term.Epoch.Value,
            BrokerEpoch = _broker.Epoch.Value,
            Brokers = orders.LiveBrokers,
            Partitions = withPartitions ? [.. orders.Metadata.Values] : [],
            Full = full,
        };
        return await SendAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(order, ct) is not null;
    }

    private async Task<bool> LeadAsync(BrokerOrders orders, CancellationToken ct)
    {
        var order = new LeaderAndIsrOrder
        {
            ControllerId = _term.ControllerId,
            ControllerEpoch = _term.Epoch.Value,
            BrokerEpoch = _broker.Epoch.Value,
            Partitions = [.. orders.Leadership.Values],
            Leaders = orders.LiveBrokers,
        };
        var answer = await SendAsync<LeaderAndIsrOrder, LeaderAndIsrAnswer>(order, ct);
        if (answer is null) return false;
        var failed = answer.Partitions.FindAll(partition => partition.ErrorCode != 0);
        if (failed.Count > 0) await _term.AnsweredAsync(new ControllerEvent.LeadershipAnswered(_broker.BrokerId, _broker.Epoch, failed), ct);
        return true;
    }

    private async Task<bool> StopReplicasAsync(BrokerOrders orders, CancellationToken ct)
    {
        var order = new StopReplicaOrder
        {
            ControllerId = _term.ControllerId,
            ControllerEpoch = _term.Epoch.Value,
            BrokerEpoch = _broker.Epoch.Value,
            Partitions = [.. orders.Stops.Values],
        };
        var answer = await SendAsync<StopReplicaOrder, StopReplicaAnswer>(order, ct);
        if (answer is null) return false;
        var failed = answer.Partitions.FindAll(partition => partition.ErrorCode is not 0 and not (short)ErrorCode.UnknownTopicOrPartition);
        var failedNames = failed.Select(partition => new TopicPartition(partition.Topic, partition.Partition)).ToHashSet();
        List<TopicPartition> deleted = [.. orders.Stops.Where(stop => stop.Value.Delete && !failedNames.Contains(stop.Key)).Select(stop => stop.Key)];
        if (deleted.Count > 0 || failed.Count > 0)
            await _term.AnsweredAsync(new ControllerEvent.DeletionAnswered(_broker.BrokerId, _broker.Epoch, deleted, failed), ct);
        return true;
    }

    // Null: the broker refused because it or we belong to the past, so nothing more may be sent to this life of it.
    private async Task<TAnswer?> SendAsync<TOrder, TAnswer>(TOrder order, CancellationToken ct)
        where TOrder : class
        where TAnswer : class, IControlPlaneAnswer
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var answer = await _term.Channel.SendAsync<TOrder, TAnswer>(_address, order, ct);
                if (answer.ErrorCode is not (OrderFence.StaleControllerEpoch or OrderFence.StaleBrokerEpoch)) return answer;
                _term.Log.LogWarning("Broker {Broker} refused {Order} of controller epoch {Epoch} for broker epoch {BrokerEpoch}: {Error}",
                    _broker.BrokerId, typeof(TOrder).Name, _term.Epoch, _broker.Epoch, (ErrorCode)answer.ErrorCode);
                _term.Refused();
                return null;
            }
            catch (BrokerChannelException e)
            {
                _term.Log.Log(attempt == 1 ? LogLevel.Warning : LogLevel.Debug, "{Reason} (attempt {Attempt}, repeated)", e.Message, attempt);
                await Task.Delay(OrderSender.RetryAfter, _term.Time, ct);
            }
        }
    }
}
