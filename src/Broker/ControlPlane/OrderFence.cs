using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// Refuses orders from the past. Two epochs are checked: the controller's (a deposed controller may still be sending) and the
/// broker's (an order meant for this broker's previous life must not touch the present one; KIP-380). An order for a higher
/// broker epoch than ours is taken: the controller saw our registration before its answer reached us.
/// The highest controller epoch seen is remembered for the life of the process. Owner: its own lock.
/// </summary>
public sealed class OrderFence(BrokerIdentity identity)
{
    /// <summary>Kafka's STALE_CONTROLLER_EPOCH.</summary>
    public const short StaleControllerEpoch = 11;

    /// <summary>Kafka's STALE_BROKER_EPOCH.</summary>
    public const short StaleBrokerEpoch = 77;

    private readonly Lock _gate = new();
    private ControllerEpoch _highestControllerEpoch = ControllerEpoch.None;

    /// <summary>The highest controller epoch of any order that passed; −1 before the first.</summary>
    public ControllerEpoch HighestControllerEpoch
    {
        get { lock (_gate) return _highestControllerEpoch; }
    }

    /// <summary>0 when the order may be taken, else the error code to answer.</summary>
    public short Check(ControllerEpoch controllerEpoch, BrokerEpoch brokerEpoch)
    {
        lock (_gate)
        {
            if (controllerEpoch < _highestControllerEpoch) return StaleControllerEpoch;
            if (brokerEpoch < identity.BrokerEpoch) return StaleBrokerEpoch;
            _highestControllerEpoch = controllerEpoch;
            return 0;
        }
    }
}
