namespace ClassicBroker.Clients.Protocol;

/// <summary>The name of one partition: topic and index from 0.</summary>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>As Kafka prints it and names the log directory: <c>orders-3</c>.</summary>
    public override string ToString() => $"{Topic}-{Partition}";
}
