using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// What happens to one received order: the fence first, then the part of the broker it is for, one order at a time for the
/// whole broker. Two controllers may have connections open at a change of the seat; the gate together with the fence
/// makes sure that once an order of the new one was taken, none of the old one follows.
/// Owner of the gate: this class.
/// </summary>
public sealed class OrderReceiver(
    OrderFence fence,
    ILeadershipOrders leadership,
    IMetadataOrders metadata,
    IControllerRequests controller,
    ILogger<OrderReceiver> log)
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <exception cref="InvalidDataException">the kind of the frame is unknown; the connection has to be closed.</exception>
    internal async ValueTask<byte[]> ReceiveAsync(ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        int number = ControlPlaneCodec.Number(frame);
        var kind = ControlPlaneCodec.Kind(frame);
        switch (kind)
        {
            case OrderKind.LeaderAndIsr:
                return Answer(number, await FencedAsync<LeaderAndIsrOrder, LeaderAndIsrAnswer>(frame,
                    order => leadership.ApplyAsync(order, ct), code => new() { ErrorCode = code }, ct));
            case OrderKind.StopReplica:
                return Answer(number, await FencedAsync<StopReplicaOrder, StopReplicaAnswer>(frame,
                    order => leadership.ApplyAsync(order, ct), code => new() { ErrorCode = code }, ct));
            case OrderKind.UpdateMetadata:
                return Answer(number, await FencedAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(frame,
                    order => ValueTask.FromResult(metadata.Apply(order)), code => new() { ErrorCode = code }, ct));
            case OrderKind.ControlledShutdown:
                var request = ControlPlaneCodec.Body<ControlledShutdownOrder>(frame);
                return Answer(number, await controller.ShutDownAsync(request, ct));
            case OrderKind.HandOver:
                return Answer(number, await controller.HandOverAsync(ControlPlaneCodec.Body<HandOverOrder>(frame), ct));
            default:
                throw new InvalidDataException($"A control plane frame has the unknown kind {(byte)kind}.");
        }
    }

    private async ValueTask<TAnswer> FencedAsync<TOrder, TAnswer>(
        ReadOnlyMemory<byte> frame, Func<TOrder, ValueTask<TAnswer>> apply, Func<short, TAnswer> refuse, CancellationToken ct)
        where TOrder : IFencedOrder
    {
        var order = ControlPlaneCodec.Body<TOrder>(frame);
        // Without the token: a wait that can be cancelled comes back on a thread of the pool, and no order holds the gate for long.
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            ct.ThrowIfCancellationRequested();
            short error = fence.Check(new ControllerEpoch(order.ControllerEpoch), new BrokerEpoch(order.BrokerEpoch));
            if (error == 0) return await apply(order);
            log.LogWarning("Refused {Order} of controller {Controller} (epoch {Epoch}) for broker epoch {BrokerEpoch}: error {Error}",
                typeof(TOrder).Name, order.ControllerId, order.ControllerEpoch, order.BrokerEpoch, error);
            return refuse(error);
        }
        finally
        {
            _gate.Release();
        }
    }

    private static byte[] Answer<T>(int number, T body) => ControlPlaneCodec.Frame(OrderKind.Answer, number, body);
}
