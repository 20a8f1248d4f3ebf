namespace ClassicBroker.Broker.Configuration;

/// <summary>The controller's patience and habits, and how a broker leaves.</summary>
public sealed record ControllerSettings
{
    /// <summary><c>controller.socket.timeout.ms</c>: an order unanswered for longer is sent again. From 1 ms; default 30000.</summary>
    public int SocketTimeoutMs { get; init; } = 30_000;

    /// <summary><c>request.timeout.ms</c>: other requests between brokers. From 1 ms; default 30000.</summary>
    public int RequestTimeoutMs { get; init; } = 30_000;

    /// <summary><c>auto.leader.rebalance.enable</c>: lead partitions from their first replica again when it is back. Default true.</summary>
    public bool AutoLeaderRebalance { get; init; } = true;

    /// <summary><c>leader.imbalance.check.interval.seconds</c>. From 1 s; default 300.</summary>
    public long ImbalanceCheckIntervalSeconds { get; init; } = 300;

    /// <summary><c>leader.imbalance.per.broker.percentage</c>. 0 to 100; default 10.</summary>
    public int ImbalancePercentage { get; init; } = 10;

    /// <summary><c>controlled.shutdown.enable</c>: hand leaderships over before stopping. Default true.</summary>
    public bool ControlledShutdown { get; init; } = true;

    /// <summary><c>controlled.shutdown.max.retries</c>. From 0; default 3.</summary>
    public int ControlledShutdownRetries { get; init; } = 3;

    /// <summary><c>controlled.shutdown.retry.backoff.ms</c>. From 0 ms; default 5000.</summary>
    public long ControlledShutdownBackoffMs { get; init; } = 5000;

    /// <summary><c>quorum.hand.over.backoff.ms</c>: pause between two hand-overs of one partition by leaders that lack a quorum. From 0 ms; default 10000.</summary>
    public long HandOverBackoffMs { get; init; } = 10_000;

    /// <summary><c>quorum.hand.over.max.per.second</c>: partitions handed over in one second, all together. From 1; default 500.</summary>
    public int HandOversPerSecond { get; init; } = 500;

    internal static ControllerSettings Read(SettingReader settings) => new()
    {
        SocketTimeoutMs = settings.Int("controller.socket.timeout.ms", 30_000, 1),
        RequestTimeoutMs = settings.Int("request.timeout.ms", 30_000, 1),
        AutoLeaderRebalance = settings.Bool("auto.leader.rebalance.enable", true),
        ImbalanceCheckIntervalSeconds = settings.Long("leader.imbalance.check.interval.seconds", 300, 1),
        ImbalancePercentage = settings.Int("leader.imbalance.per.broker.percentage", 10, 0, 100),
        ControlledShutdown = settings.Bool("controlled.shutdown.enable", true),
        ControlledShutdownRetries = settings.Int("controlled.shutdown.max.retries", 3),
        ControlledShutdownBackoffMs = settings.Long("controlled.shutdown.retry.backoff.ms", 5000),
        HandOverBackoffMs = settings.Long("quorum.hand.over.backoff.ms", 10_000),
        HandOversPerSecond = settings.Int("quorum.hand.over.max.per.second", 500, 1),
    };
}
