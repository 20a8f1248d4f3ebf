using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Deletes old segments each <c>log.retention.check.interval.ms</c>, on leaders and followers alike, and never at or above the high watermark: what is not committed
/// is not old (KAFKA-5634).
/// </summary>
public sealed class RetentionLoop(PartitionRegistry partitions, TimeSpan interval, TimeProvider time, ILogger<RetentionLoop> logger)
    : PeriodicLoop(interval, time, logger)
{
    public override void RunOnce()
    {
        foreach (var partition in partitions.All) partition.ApplyRetention();
    }
}
