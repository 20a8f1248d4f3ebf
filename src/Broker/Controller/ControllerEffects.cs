using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>The controller's hands: every way in which a decision reaches the world. The decisions themselves know none of these.</summary>
public sealed record ControllerEffects(
    IZooKeeper ZooKeeper,
    BrokerRegistry Registry,
    TopicStore Topics,
    PartitionStateStore States,
    PartitionStateWrites StateWrites,
    IsrChangeNotifications IsrChanges,
    ConfigStore Configs,
    OrderSender Orders,
    ControllerRules Rules,
    TimeProvider Time,
    ILogger<Controller> Log);

/// <summary>The settings a controller decides by.</summary>
public sealed record ControllerRules
{
    /// <summary>Kafka key <c>delete.topic.enable</c>.</summary>
    public bool DeleteTopicEnable { get; init; } = true;

    /// <summary>Kafka key <c>unclean.leader.election.enable</c>; a topic may override it.</summary>
    public bool UncleanLeaderElection { get; init; }
}
