using ClassicBroker.Clients.Metadata;

namespace ClassicBroker.Clients.Producer;

/// <summary>
/// Chooses the partition of records that name none: by key (murmur2), else one partition until a batch worth of bytes went there, then
/// another one that has a leader. Staying makes full batches where spreading each record makes many small ones (KIP-480, KIP-794).
/// </summary>
/// <remarks>Owner: the producer's callers, through the lock.</remarks>
internal sealed class Partitioner(int batchBytes, Random random)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (int Partition, int Bytes)> sticky = [];

    public int Choose(TopicView topic, ReadOnlyMemory<byte>? key, int recordBytes)
    {
        if (key is { } bytes) return Murmur2.Partition(bytes.Span, topic.Partitions.Count);
        lock (gate)
        {
            bool known = sticky.TryGetValue(topic.Name, out var current);
            if (!known || current.Bytes >= batchBytes) current = (Another(topic, than: known ? current.Partition : -1), 0);
            sticky[topic.Name] = (current.Partition, current.Bytes + recordBytes);
            return current.Partition;
        }
    }

    private int Another(TopicView topic, int than)
    {
        List<PartitionView> choice = [.. topic.Partitions.Where(view => view.Leader >= 0 && view.Partition != than)];
        if (choice.Count == 0) choice = [.. topic.Partitions];
        return choice[random.Next(choice.Count)].Partition;
    }
}
