using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.DependencyInjection;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// The object graph of the stores, the control plane and the controller. The host adds before: <see cref="IZooKeeper"/>,
/// <see cref="BrokerIdentity"/>, <see cref="SavedSession"/>, <see cref="ControllerRules"/>, <see cref="ControlPlaneOptions"/>,
/// <see cref="TimeProvider"/>, <see cref="ILeadershipOrders"/> and <see cref="IMetadataOrders"/>. Start order: listener bound,
/// membership, controller, listener started; stop order the other way round.
/// </summary>
public static class ControllerServices
{
    public static IServiceCollection AddController(this IServiceCollection services)
    {
        services.AddSingleton<PartitionStateStore>();
        services.AddSingleton<PartitionStateWrites>();
        services.AddSingleton<BrokerRegistry>();
        services.AddSingleton<ConfigStore>();
        services.AddSingleton<TopicStore>();
        services.AddSingleton<IsrChangeNotifications>();
        services.AddSingleton(provider => new ControllerSeat(
            provider.GetRequiredService<IZooKeeper>(), provider.GetRequiredService<BrokerIdentity>().BrokerId, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OrderFence>();
        services.AddSingleton<OrderReceiver>();
        services.AddSingleton<ControlPlaneListener>();
        services.AddSingleton<IBrokerChannel, ControlPlaneChannel>();
        services.AddSingleton<OrderSender>();
        services.AddSingleton<ControllerEffects>();
        services.AddSingleton<ClusterMembership>();
        services.AddSingleton<Controller>();
        services.AddSingleton<IControllerRequests>(provider =>
        {
            var controller = provider.GetRequiredService<Controller>();
            provider.GetRequiredService<ClusterMembership>().Registered += _ => controller.OnRegistered();
            return controller;
        });
        return services;
    }
}
