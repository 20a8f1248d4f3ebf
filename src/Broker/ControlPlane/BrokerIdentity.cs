using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// Who this process is in the cluster. <see cref="BrokerEpoch"/> changes with each registration (a new session gives a new
/// epoch); it is written by the membership after registering and read by everybody.
/// </summary>
public sealed class BrokerIdentity(int brokerId, string clusterId = "")
{
    private long _brokerEpoch = NotRegistered.Value;

    /// <summary>Value of <see cref="BrokerEpoch"/> before the first registration.</summary>
    public static readonly BrokerEpoch NotRegistered = BrokerEpoch.None;

    /// <summary>Raised with the new epoch after every registration; handlers only enqueue.</summary>
    public event Action<BrokerEpoch>? Registered;

    public int BrokerId { get; } = brokerId;

    /// <summary>22 characters of url-safe base64; empty until the cluster id has been read.</summary>
    public string ClusterId { get; set; } = clusterId;

    /// <summary>czxid of this broker's own znode; −1 before registering.</summary>
    public BrokerEpoch BrokerEpoch
    {
        get => new(Volatile.Read(ref _brokerEpoch));
        set
        {
            Volatile.Write(ref _brokerEpoch, value.Value);
            Registered?.Invoke(value);
        }
    }
}
