namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// Takes the controller's orders about the replicas on this broker. Called one order at a time, in the order sent, after the
/// <see cref="OrderFence"/> let the order pass; must not throw for a single bad partition but answer its error code.
/// </summary>
public interface ILeadershipOrders
{
    ValueTask<LeaderAndIsrAnswer> ApplyAsync(LeaderAndIsrOrder order, CancellationToken ct);

    ValueTask<StopReplicaAnswer> ApplyAsync(StopReplicaOrder order, CancellationToken ct);
}
