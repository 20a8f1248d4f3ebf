using ClassicBroker.Clients.Network;

namespace ClassicBroker.Broker.Replication;

/// <summary>Opens <see cref="LeaderConnection"/>s; <paramref name="options"/> is given the leader and the loop's index, to name the connection.</summary>
public sealed class LeaderConnections(Func<LeaderAddress, int, BrokerConnectionOptions> options, TimeProvider time) : ILeaderChannels
{
    public ILeaderChannel Open(LeaderAddress leader, int fetcherIndex) => new LeaderConnection(leader, options(leader, fetcherIndex), time);
}
