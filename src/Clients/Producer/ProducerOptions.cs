using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Producer;

/// <summary>How a producer gathers, sends and gives up. Kafka's producer names in brackets.</summary>
public sealed record ProducerOptions
{
    /// <summary>-1 waits for all in-sync replicas, 1 for the leader, 0 for nobody [acks].</summary>
    public short Acks { get; init; } = -1;

    /// <summary>A batch goes out once it is this large, records before compression [batch.size].</summary>
    public int BatchBytes { get; init; } = 16 * 1024;

    /// <summary>How long a batch that is not full waits for more [linger.ms]. While one is on its way the next gathers anyway.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.Zero;

    /// <summary>From SendAsync until success or failure is told, retries included [delivery.timeout.ms].</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the leader may wait for its followers before it answers REQUEST_TIMED_OUT [request.timeout.ms].</summary>
    public TimeSpan AckTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public CompressionType Compression { get; init; } = CompressionType.None;

    /// <summary>Largest record, key, value and headers together; the broker has its own limit [max.request.size].</summary>
    public int MaxRecordBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Records of one partition that may wait to be sent; SendAsync waits when there are more. Together with <see cref="MaxRecordBytes"/>
    /// this bounds memory when brokers are slow [buffer.memory, counted there in bytes].
    /// </summary>
    public int MaxQueuedRecords { get; init; } = 4096;

    /// <summary>Whether brokers may create a topic that is written to.</summary>
    public bool AllowAutoCreation { get; init; } = true;
}
