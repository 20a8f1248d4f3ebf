using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Looks at every partition led here each <c>replica.lag.time.max.ms / 2</c> for followers that fell behind: so one is noticed after at most one and a half
/// times the lag time. Growing the ISR needs no loop; the follower's own fetch does it.
/// </summary>
public sealed class IsrShrinkLoop(PartitionRegistry partitions, ReplicationSettings settings, TimeProvider time, ILogger<IsrShrinkLoop> logger)
    : PeriodicLoop(settings.ReplicaLagTimeMax / 2, time, logger)
{
    public override void RunOnce()
    {
        foreach (var partition in partitions.All) partition.CheckIsr();
    }
}
