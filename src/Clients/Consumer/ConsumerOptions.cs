using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Consumer;

/// <summary>How a consumer fetches. Kafka's consumer names in brackets.</summary>
public sealed record ConsumerOptions
{
    /// <summary>How long a broker may hold a fetch that finds too little [fetch.max.wait.ms].</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What is too little [fetch.min.bytes].</summary>
    public int MinBytes { get; init; } = 1;

    /// <summary>Bytes one broker may answer with; the first batch comes even when it is larger [fetch.max.bytes].</summary>
    public int MaxBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>Bytes of one partition in an answer [max.partition.fetch.bytes].</summary>
    public int MaxPartitionBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes one compressed batch may grow to: a small frame must not fill the memory.</summary>
    public int MaxDecompressedBytes { get; init; } = RecordBatchReader.DefaultMaxDecompressedBytes;

    /// <summary>Ends the enumeration at the high watermark each partition had when reading began.</summary>
    public bool StopAtEnd { get; init; }
}
