using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>What the cleaner did and could not do since the broker started. Kafka's metrics of LogCleaner and LogCleanerManager.</summary>
/// <param name="MaxDirtyPercent">0 to 100: of the dirtiest log, at the last look</param>
/// <param name="LastLook">when logs were last looked over; null before the first time</param>
/// <param name="Rounds">cleanings that ran to their end</param>
/// <param name="BytesRead">by all cleanings</param>
/// <param name="BytesWritten">by all cleanings</param>
/// <param name="RecordsRead">by all cleanings that ended</param>
/// <param name="RecordsKept">of them</param>
/// <param name="MaxMapPercent">0 to 100: how full the fullest offset map was</param>
/// <param name="LongestRound">how long the longest cleaning took</param>
/// <param name="Uncleanable">partitions that failed and are left alone until the broker starts again, with the reason</param>
public sealed record CleanerStatus(
    int MaxDirtyPercent, DateTimeOffset? LastLook, long Rounds, long BytesRead, long BytesWritten, long RecordsRead, long RecordsKept,
    int MaxMapPercent, TimeSpan LongestRound, IReadOnlyDictionary<TopicPartition, string> Uncleanable)
{
    public static readonly CleanerStatus None = new(0, null, 0, 0, 0, 0, 0, 0, TimeSpan.Zero, new Dictionary<TopicPartition, string>());
}
