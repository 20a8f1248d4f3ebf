using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Clients.Consumer;

/// <summary>How far one partition has been read. Owner: the enumeration that made it.</summary>
internal sealed class PartitionPosition(TopicPartition partition, long next, long? end)
{
    public TopicPartition Partition => partition;

    /// <summary>Offset to fetch next.</summary>
    public long Next { get; set; } = next;

    /// <summary>Exclusive end of reading; null goes on for ever.</summary>
    public long? End => end;

    public bool IsAtEnd => End is { } bound && Next >= bound;

    /// <summary>Failures since the last good answer: the pause before the next attempt grows with them.</summary>
    public int Failures { get; set; }
}
