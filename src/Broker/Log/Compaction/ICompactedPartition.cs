namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>A partition as the cleaner sees it: it knows the lock of the log and how far its records are decided.</summary>
public interface ICompactedPartition
{
    PartitionLog Log { get; }

    /// <summary>
    /// Calls <paramref name="look"/> under the lock that owns the log, with the last stable offset: below it every record is committed and every
    /// transaction decided. False, and no call, when the partition is no longer served.
    /// </summary>
    bool TryLocked(Action<long> look);

    /// <summary>Deletes segments that have outlived their use; returns how many.</summary>
    int ApplyRetention();
}
