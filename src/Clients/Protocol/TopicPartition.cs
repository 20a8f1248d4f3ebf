namespace ClassicBroker.Clients.Protocol;

/// <summary>The name of one partition: topic and index from 0.</summary>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>Java's hash of the name and the index: equal in every process, so that what is kept by partition is walked in the same order everywhere.</summary>
    public override int GetHashCode()
    {
        var hash = 0;
        foreach (var letter in Topic ?? "") hash = unchecked((31 * hash) + letter);
        return unchecked((31 * hash) + Partition);
    }

    /// <summary>As Kafka prints it and names the log directory: <c>orders-3</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}
