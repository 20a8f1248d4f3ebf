using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Unit.Replication;

/// <summary>A registration a test can take away.</summary>
internal sealed class FakeFence : ILeadershipFence
{
    public long Registered { get; set; } = ReplicaBench.BrokerEpoch;

    public bool MayLead(long brokerEpoch) => brokerEpoch == Registered;
}
