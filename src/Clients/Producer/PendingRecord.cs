using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Producer;

/// <summary>A record on its way, from SendAsync until its caller is told.</summary>
internal sealed record PendingRecord(
    ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, IReadOnlyList<RecordHeader>? Headers, long TimestampMs, long QueuedAt)
{
    /// <summary>Length, attributes, deltas and lengths around key and value: an upper bound, for filling batches.</summary>
    private const int Overhead = 32;

    public TaskCompletionSource<ProducedRecord> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Bytes { get; } = Overhead + (Key?.Length ?? 0) + (Value?.Length ?? 0)
        + (Headers?.Sum(header => header.Key.Length * 3 + (header.Value?.Length ?? 0) + 10) ?? 0);
}
