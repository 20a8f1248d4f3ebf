using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Replication;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Groups;

/// <summary>Each <c>offsets.retention.check.interval.ms</c>: offsets and groups that nobody has used for too long go.</summary>
public sealed class OffsetsExpiryLoop(GroupCoordinator coordinator, GroupOptions options, TimeProvider time, ILogger<OffsetsExpiryLoop> logger)
    : PeriodicLoop(TimeSpan.FromMilliseconds(options.RetentionCheckIntervalMs), time, logger)
{
    public override void RunOnce() => coordinator.Expire();
}
