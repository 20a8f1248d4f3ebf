namespace ClassicBroker.Broker.Log;

/// <summary>What read_committed readers may see. Owner of all but <see cref="AbortedTransactions"/>: the partition's lock.</summary>
public sealed partial class PartitionLog
{
    /// <summary>
    /// Where the oldest transaction begins that has no marker, or whose marker is not below the high watermark as last told to
    /// <see cref="NoteHighWatermark"/>; null when there is none. Never below the log start.
    /// </summary>
    public long? FirstUnstableOffset => _producers.FirstUnstableOffset is { } first ? Math.Max(first, LogStartOffset) : null;

    /// <summary>Everything below belongs to no open transaction and is committed: how far a read_committed reader may see.</summary>
    public long LastStableOffset(long highWatermark) => Math.Min(FirstUnstableOffset ?? highWatermark, highWatermark);

    /// <summary>The high watermark moved: a transaction is over for readers once its marker is below it.</summary>
    public void NoteHighWatermark(long highWatermark) => _producers.Replicated(highWatermark);

    /// <summary>Forgets producer ids that were silent for producer.id.expiration.ms.</summary>
    public void ExpireProducers() => _producers.Expire();

    /// <summary>Producer ids remembered now.</summary>
    public int ProducerCount => _producers.Count;

    /// <summary>
    /// The aborted transactions with records from <paramref name="offset"/> up to <paramref name="upTo"/> (exclusive), in the order of
    /// their markers. The consumer drops their records. Any thread may ask.
    /// </summary>
    /// <exception cref="LogStorageException">an index cannot be read: without it aborted records would be shown</exception>
    public List<AbortedTransaction> AbortedTransactions(long offset, long upTo) =>
        offset >= upTo ? [] : Reading(() =>
        {
            var found = new List<AbortedTransaction>();
            var segments = Volatile.Read(ref _segments);
            for (var i = Math.Max(0, SegmentAt(segments, offset)); i < segments.Length; i++)
            {
                if (segments[i].HasAborted && segments[i].Transactions.Collect(offset, upTo, found))
                    break;
            }
            return found;
        }, static _ => { });
}
