using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// A broker asks to leave. What it leads goes to another replica in sync; what it follows it stops following, and leaves the ISR.
/// Partitions with one replica stay where they are: nobody else has their records. The answer names what the broker still leads and somebody else may yet take.
/// </summary>
public sealed class ControlledShutdown(ControllerEffects effects, LeadershipWrites leadership)
{
    public async Task<(ControllerState State, ControlledShutdownAnswer Answer)> RunAsync(
        ControllerState state, ControlledShutdownOrder order, CancellationToken ct)
    {
        if (!state.Brokers.TryGetValue(order.BrokerId, out var broker))
            return (state, new ControlledShutdownAnswer { ErrorCode = (short)ErrorCode.BrokerNotAvailable });
        if (new BrokerEpoch(order.BrokerEpoch) < broker.Epoch)
            return (state, new ControlledShutdownAnswer { ErrorCode = (short)ErrorCode.StaleBrokerEpoch });

        effects.Log.LogInformation("Controller: broker {Broker} is leaving", order.BrokerId);
        state = state with { ShuttingDown = state.ShuttingDown.Add(order.BrokerId) };
        var here = state.PartitionsOn(new HashSet<int> { order.BrokerId }).Where(partition => state.Replicas(partition).Length > 1).ToList();
        var led = here.Where(partition => state.Partitions.GetValueOrDefault(partition)?.State.Leader == order.BrokerId).ToList();
        var followed = here.Except(led).ToList();

        var moved = await leadership.StoreAsync(state, led, (view, partition) => !view.Partitions.TryGetValue(partition, out var stored)
            || stored.State.Leader != order.BrokerId
                ? null
                : LeaderElection.ControlledShutdown(view.Replicas(partition), stored.State, view.IsUp, view.ShuttingDown.Contains, view.Term.Epoch), ct);
        var shrunk = await leadership.StoreAsync(moved.State, followed, (view, partition) => view.Partitions.TryGetValue(partition, out var stored)
            && stored.State.Isr.Count > 1
                ? LeaderElection.WithoutReplica(stored.State, order.BrokerId, view.Term.Epoch)
                : null, ct);
        state = shrunk.State;

        List<TopicPartition> changed = [.. moved.Changed, .. shrunk.Changed];
        var plan = new OrderPlan(state).Lead(changed).Tell(changed);
        foreach (var partition in followed) plan.Stop(order.BrokerId, partition, delete: false);
        effects.Orders.Send(plan);
        return (state, new ControlledShutdownAnswer { Remaining = StillLed(state, led, order.BrokerId) });
    }

    // Only what waiting can help: where every other replica is down or leaving too (a whole cluster being stopped), nobody will ever take over.
    private static List<PartitionAnswer> StillLed(ControllerState state, IEnumerable<TopicPartition> partitions, int broker) =>
    [
        .. partitions.Where(partition => state.Partitions.GetValueOrDefault(partition)?.State.Leader == broker
                && state.Replicas(partition).Any(replica => replica != broker && state.IsUp(replica) && !state.ShuttingDown.Contains(replica)))
            .Select(partition => new PartitionAnswer { Topic = partition.Topic, Partition = partition.Partition }),
    ];
}
