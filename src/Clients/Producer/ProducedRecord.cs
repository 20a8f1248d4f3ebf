using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Clients.Producer;

/// <summary>Where a record went.</summary>
/// <param name="Offset">-1 with acks 0, and when the broker cannot tell</param>
/// <param name="TimestampMs">the record's own, or the broker's where the topic stamps on append</param>
public readonly record struct ProducedRecord(TopicPartition Partition, long Offset, long TimestampMs);
