namespace ClassicBroker.Clients.Records;

/// <summary>Builds one record batch of format v2. Owner: one caller at a time.</summary>
public sealed class RecordBatchBuilder
{
    public RecordBatchBuilder(CompressionType compression = CompressionType.None) => Compression = compression;

    public CompressionType Compression { get; }

    public long BaseOffset { get; init; }

    public int PartitionLeaderEpoch { get; init; } = -1;

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;

    public bool IsTransactional { get; init; }

    public bool IsControl { get; init; }

    public int Count => 0;

    public void Add(long timestampMs, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, IReadOnlyList<RecordHeader>? headers = null) =>
        throw new NotSupportedException("not yet");

    public byte[] Build() => throw new NotSupportedException("not yet");
}
