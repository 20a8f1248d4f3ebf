namespace ClassicBroker.Clients.Records;

/// <summary>Reads the records of batches.</summary>
public static class RecordBatchReader
{
    /// <summary>Decompressed bytes one batch may grow to unless the caller says otherwise: 64 MiB, far above any sane batch.</summary>
    public const int DefaultMaxDecompressedBytes = 64 * 1024 * 1024;

    /// <summary>The records of the one batch at the start of <paramref name="batch"/>.</summary>
    public static IReadOnlyList<Record> Read(ReadOnlyMemory<byte> batch, int maxDecompressedBytes = DefaultMaxDecompressedBytes) =>
        throw new NotSupportedException("not yet");

    /// <summary>The records of all whole batches in <paramref name="batches"/>, control batches left out; a cut last batch is ignored.</summary>
    public static IReadOnlyList<Record> ReadAll(ReadOnlyMemory<byte> batches, int maxDecompressedBytes = DefaultMaxDecompressedBytes) =>
        throw new NotSupportedException("not yet");
}
