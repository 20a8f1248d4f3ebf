namespace ClassicBroker.Broker.Groups;

/// <summary>How far a group has read one partition, as it said itself.</summary>
/// <param name="Offset">next offset to read</param>
/// <param name="LeaderEpoch">of the record before it; -1 unknown</param>
/// <param name="Metadata">any text of the client's, at most <c>offset.metadata.max.bytes</c></param>
/// <param name="CommitTimestampMs">when it was committed, by the coordinator's clock</param>
/// <param name="ExpireTimestampMs">when it dies; null: <c>offsets.retention.minutes</c> decides</param>
/// <param name="LogOffset">where the record stands in the offsets partition: of two commits the later one counts, whichever is confirmed first</param>
public sealed record CommittedOffset(
    long Offset, int LeaderEpoch, string Metadata, long CommitTimestampMs, long? ExpireTimestampMs = null, long LogOffset = -1);
