using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.DependencyInjection;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// The controller's part of the object graph. The host adds the rest: ZooKeeper, the stores, the identity, the control plane's channel.
/// The controller starts after its broker has registered and stops before the session is closed.
/// </summary>
public static class ControllerServices
{
    public static IServiceCollection AddController(this IServiceCollection services, ControllerRules rules)
    {
        services.AddSingleton(rules);
        services.AddSingleton<PartitionStateWrites>();
        services.AddSingleton<AssignmentWrites>();
        services.AddSingleton<AdminWishes>();
        services.AddSingleton(parts => new ControllerSeat(
            parts.GetRequiredService<IZooKeeper>(), parts.GetRequiredService<BrokerIdentity>().BrokerId, parts.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OrderSender>();
        services.AddSingleton<ControllerEffects>();
        services.AddSingleton<Controller>();
        services.AddSingleton<IControllerRequests>(parts => parts.GetRequiredService<Controller>());
        return services;
    }
}
