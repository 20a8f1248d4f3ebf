using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Writes <c>replication-offset-checkpoint</c> of every log directory each <c>replica.high.watermark.checkpoint.interval.ms</c> and once more at the stop, so that
/// a restarted replica begins with a watermark near the old one. Being behind is harmless: truncation goes by epoch, not by this number.
/// </summary>
public sealed class HighWatermarkCheckpointLoop(
    PartitionRegistry partitions, LogDirectories logs, TimeSpan interval, TimeProvider time, ILogger<HighWatermarkCheckpointLoop> logger)
    : PeriodicLoop(interval, time, logger)
{
    // Nothing is written before the first role is taken: an empty file would forget the watermarks of the last run.
    private bool AnyRoleTaken => partitions.All.Count > 0;

    public override void RunOnce()
    {
        if (!AnyRoleTaken) return;
        var byDirectory = partitions.All.GroupBy(p => logs.DirectoryOf(p.Log));
        foreach (var directory in byDirectory.Where(static d => !d.Key.IsOffline))
            directory.Key.WriteHighWatermarks([.. directory.Select(static p => KeyValuePair.Create<TopicPartition, long>(p.Id, p.HighWatermark))]);
    }

    public override async Task StopAsync()
    {
        await base.StopAsync();
        TryRunOnce();
    }
}
