using ClassicBroker.Broker.Log.Compaction;

namespace ClassicBroker.Broker.Replication;

// Compaction: the cleaner works beside us on segments that are closed, and takes our lock only to look and to put a new segment in place.
public sealed partial class Partition : ICompactedPartition
{
    /// <inheritdoc/>
    public bool TryLocked(Action<long> look)
    {
        lock (_gate)
        {
            if (_stopped || _log.IsOffline) return false;
            look(_log.LastStableOffset(_highWatermark.Value));
            return true;
        }
    }

    /// <summary>Size and log start only: deleting for age is left to <see cref="RetentionLoop"/>, which knows whether the clock can be trusted.</summary>
    int ICompactedPartition.ApplyRetention() => ApplyRetention(byTime: false);
}
