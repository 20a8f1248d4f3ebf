namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>A log at the moment its cleaning begins.</summary>
/// <param name="Segments">all, in order; the last is active</param>
/// <param name="LogStart">offsets below are not read by anyone</param>
/// <param name="LogEnd">where the next record goes</param>
/// <param name="Cuts">changes when records are cut away: then the cleaning is for nothing</param>
/// <param name="Producers">by producer id</param>
/// <param name="Options">as they are now</param>
internal sealed record CompactionView(
    LogSegment[] Segments, long LogStart, long LogEnd, int Cuts, IReadOnlyDictionary<long, LastOfProducer> Producers, LogOptions Options)
{
    /// <summary>Every segment as choosing sees it.</summary>
    public SegmentFacts[] Facts() => Array.ConvertAll(Segments, static s => new SegmentFacts(
        s.BaseOffset, s.Size, s.FirstTimestamp, s.MaxTimestamp >= 0 ? s.MaxTimestamp : s.Created.ToUnixTimeMilliseconds()));
}
