using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// May this broker act as a leader at this moment? A role is given to one incarnation of the broker, named by its broker epoch (the czxid of its
/// registration). When that registration is lost the role is void, however sure the replica was of it.
/// </summary>
public interface ILeadershipFence
{
    /// <summary>True while the registration with <paramref name="brokerEpoch"/> is this broker's own and is known to be alive.</summary>
    bool MayLead(BrokerEpoch brokerEpoch);
}
