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
    AssignmentWrites AssignmentWrites,
    AdminWishes Wishes,
    LogDirEvents LogDirEvents,
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

    /// <summary>Key <c>auto.leader.rebalance.enable</c>.</summary>
    public bool AutoLeaderRebalance { get; init; } = true;

    /// <summary>Key <c>leader.imbalance.check.interval.seconds</c>.</summary>
    public TimeSpan ImbalanceCheckInterval { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Key <c>leader.imbalance.per.broker.percentage</c>, 0 to 100.</summary>
    public int ImbalancePercentage { get; init; } = 10;

    /// <summary>Key <c>quorum.hand.over.backoff.ms</c>: pause between two hand-overs of one partition.</summary>
    public TimeSpan HandOverBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Key <c>quorum.hand.over.max.per.second</c>: partitions handed over in one second, all together.</summary>
    public int HandOversPerSecond { get; init; } = 500;
}
