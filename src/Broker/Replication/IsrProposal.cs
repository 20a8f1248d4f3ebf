using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>A state the leader wants in ZooKeeper in place of the version it knows.</summary>
public sealed record IsrProposal(PartitionState Wanted, ZkVersion ExpectedZkVersion);
