namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// What every order of a controller carries, so that one fence can refuse it: the epoch of the controller that sent it and the
/// epoch (incarnation) of the broker it was meant for.
/// </summary>
public interface IFencedOrder
{
    int ControllerId { get; }
    int ControllerEpoch { get; }
    long BrokerEpoch { get; }
}

/// <summary>What every answer carries: Kafka's error code number, 0 when the order was taken.</summary>
public interface IControlPlaneAnswer
{
    short ErrorCode { get; init; }
}
