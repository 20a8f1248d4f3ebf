namespace ClassicBroker.Broker.ControlPlane;

/// <summary>What a broker may ask of the controller on the control plane. A broker that is not the controller answers NOT_CONTROLLER.</summary>
public interface IControllerRequests
{
    ValueTask<ControlledShutdownAnswer> ShutDownAsync(ControlledShutdownOrder order, CancellationToken ct);

    ValueTask<HandOverAnswer> HandOverAsync(HandOverOrder order, CancellationToken ct);
}
