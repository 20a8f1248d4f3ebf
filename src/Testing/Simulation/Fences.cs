using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Hosting;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.DependencyInjection;

namespace ClassicBroker.Testing.Simulation;

/// <summary>Runs a cluster without one of its <see cref="Fence"/>s; with <see cref="Fence.None"/> everything passes as it is.</summary>
internal sealed class Fences(Fence without)
{
    public IZooKeeper Around(ModelZooKeeper zooKeeper) =>
        without is Fence.ControllerEpoch or Fence.IsrVersion ? new UnfencedZooKeeper(zooKeeper, without) : zooKeeper;

    public TOrder Send<TOrder>(TOrder order) where TOrder : class => without != Fence.BrokerEpoch ? order : order switch
    {
        LeaderAndIsrOrder o => (TOrder)(object)new LeaderAndIsrOrder
        {
            ControllerId = o.ControllerId, ControllerEpoch = o.ControllerEpoch, BrokerEpoch = long.MaxValue, Partitions = o.Partitions, Leaders = o.Leaders,
        },
        StopReplicaOrder o => (TOrder)(object)new StopReplicaOrder
        {
            ControllerId = o.ControllerId, ControllerEpoch = o.ControllerEpoch, BrokerEpoch = long.MaxValue, Partitions = o.Partitions,
        },
        _ => order,
    };

    public FetchRequest Send(FetchRequest request)
    {
        if (without != Fence.LeaderEpoch) return request;
        foreach (var partition in request.Topics.SelectMany(static topic => topic.Partitions)) (partition.CurrentLeaderEpoch, partition.LastFetchedEpoch) = (-1, -1);
        return request;
    }

    public void Remove(IServiceCollection services, int brokerId, BrokerOptions options)
    {
        if (without == Fence.Leadership) services.AddSingleton<ILeadershipFence>(new AlwaysLeads());
        if (without != Fence.IsrJoin) return;
        services.AddSingleton(parts => new ReplicationSettings
        {
            BrokerId = brokerId,
            ReplicaLagTimeMax = TimeSpan.FromMilliseconds(options.ReplicaLagTimeMaxMs),
            MayJoinIsr = parts.GetRequiredService<IsrEligibility>().MayJoin,
            JoinRule = static (follower, highWatermark, _) => follower.Eligible && follower.LogEndOffset >= highWatermark,
        });
    }

    private sealed class AlwaysLeads : ILeadershipFence
    {
        public bool MayLead(BrokerEpoch brokerEpoch) => true;
    }
}
