using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>Forgets silent producer ids each <c>producer.id.expiration.check.interval.ms</c>, on leaders and followers alike.</summary>
public sealed class ProducerExpiryLoop(PartitionRegistry partitions, TimeSpan interval, TimeProvider time, ILogger<ProducerExpiryLoop> logger)
    : PeriodicLoop(interval, time, logger)
{
    public override void RunOnce()
    {
        foreach (var partition in partitions.All) partition.ExpireProducers();
    }
}
