using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Clients.Admin;

/// <summary>What became of a deletion of records.</summary>
/// <param name="LowWatermark">the lowest offset any live replica still has; -1 after an error</param>
public sealed record DeletedRecords(TopicPartition Partition, long LowWatermark, ErrorCode ErrorCode);
