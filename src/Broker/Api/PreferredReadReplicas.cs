using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Sends consumers to a replica in their own rack (KIP-392), when <c>replica.selector.class</c> asks for it. Racks and addresses are those the controller told; only
/// the leader decides, and only living brokers that listen where the consumer came in are named.
/// </summary>
public sealed class PreferredReadReplicas(bool rackAware, BrokerIdentity identity, MetadataCache metadata)
{
    /// <summary>The broker to read from instead of this one, or null.</summary>
    public int? For(Partition partition, long offset, string? rack, string listener)
    {
        if (!rackAware || string.IsNullOrEmpty(rack)) return null;
        var brokers = metadata.Current.Brokers;
        var ownRack = brokers.GetValueOrDefault(identity.BrokerId)?.Rack;
        if (ownRack == rack || partition.CanServe(offset) is not { } able) return null;
        var followers = able.Followers
            .Where(f => brokers.GetValueOrDefault(f.BrokerId)?.On(listener) is not null)
            .Select(f => new ReadCandidate(f.BrokerId, brokers[f.BrokerId].Rack, f.LogEndOffset, f.SinceCaughtUp ?? TimeSpan.MaxValue));
        return ReadReplicaSelection.Choose(rack, new ReadCandidate(identity.BrokerId, ownRack, able.LeaderEnd, TimeSpan.Zero), followers);
    }
}
