using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Unit.Replication;

/// <summary>A registration a test can take away.</summary>
internal sealed class FakeFence : ILeadershipFence
{
    public BrokerEpoch Registered { get; set; } = ReplicaBench.Life;

    public bool MayLead(BrokerEpoch brokerEpoch) => brokerEpoch == Registered;
}
