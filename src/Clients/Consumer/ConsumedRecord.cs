using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Consumer;

/// <summary>A record and where it lies. Key and value are slices of the answer it came in.</summary>
public readonly record struct ConsumedRecord(TopicPartition Partition, Record Record)
{
    public long Offset => Record.Offset;
}
