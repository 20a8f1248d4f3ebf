namespace ClassicBroker.Clients.Records;

/// <summary>A named value beside a record. The value may be null, the key may not.</summary>
public readonly record struct RecordHeader(string Key, ReadOnlyMemory<byte>? Value);

/// <summary>
/// One record as its batch holds it. Key and value are slices of the batch (or of its decompressed block), never copies.
/// </summary>
/// <param name="Offset">absolute offset in the partition</param>
/// <param name="TimestampMs">milliseconds since 1970 UTC; the append time where the topic stamps on append</param>
/// <param name="Key">null = no key</param>
/// <param name="Value">null = tombstone</param>
/// <param name="Headers">empty when there are none</param>
/// <param name="Sequence">sequence number of an idempotent producer, -1 without one</param>
public readonly record struct Record(
    long Offset,
    long TimestampMs,
    ReadOnlyMemory<byte>? Key,
    ReadOnlyMemory<byte>? Value,
    IReadOnlyList<RecordHeader> Headers,
    int Sequence);
