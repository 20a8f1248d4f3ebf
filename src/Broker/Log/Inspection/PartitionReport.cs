namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>What verifying one partition directory found.</summary>
/// <param name="Directory">its path</param>
/// <param name="Segments">segments walked</param>
/// <param name="Batches">batches whose CRC was computed</param>
/// <param name="Records">records in them, by their headers</param>
/// <param name="Bytes">bytes of all .log files</param>
/// <param name="StartOffset">base offset of the first segment; 0 without one</param>
/// <param name="EndOffset">offset after the last record</param>
/// <param name="Flaws">what is wrong</param>
/// <param name="Notes">what is worth knowing and not wrong: a tail that is being written, an index that will be built anew</param>
public sealed record PartitionReport(string Directory, int Segments, long Batches, long Records, long Bytes, long StartOffset, long EndOffset,
    IReadOnlyList<LogFlaw> Flaws, IReadOnlyList<LogFlaw> Notes);
