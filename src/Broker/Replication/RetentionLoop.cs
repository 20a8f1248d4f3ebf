using ClassicBroker.Broker.Log;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Deletes old segments each <c>log.retention.check.interval.ms</c>, on leaders and followers alike, and never at or above the high watermark: what is not committed
/// is not old (KAFKA-5634). While the wall clock has jumped by more than <c>log.retention.clock.jump.max.ms</c>, only what is deleted for its size or lies below the
/// log start goes.
/// </summary>
public sealed class RetentionLoop(PartitionRegistry partitions, TimeSpan interval, TimeSpan clockJumpMax, TimeProvider time, ILogger<RetentionLoop> logger)
    : PeriodicLoop(interval, time, logger)
{
    private readonly ClockJump _clock = new(time, clockJumpMax);

    public override void RunOnce()
    {
        var byTime = _clock.IsTrusted();
        if (!byTime)
            logger.LogError(
                "The wall clock is {Offset} away from where it was; nothing is deleted for its age until it comes back, or has been steady for {Hours} hours, or the broker is restarted",
                _clock.Offset, ClockJump.BelievedAfter.TotalHours);
        foreach (var partition in partitions.All) partition.ApplyRetention(byTime);
    }
}
