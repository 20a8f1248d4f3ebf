namespace ClassicBroker.Testing.Simulation;

/// <summary>One committed batch: the offset after it, its bytes as a hash, and the value of its record.</summary>
internal readonly record struct CommittedBatch(long Next, ulong Hash, long Value);

/// <summary>What is committed in one partition of one topic id, as first seen below anybody's high watermark. It only grows.</summary>
internal sealed class CommittedLog
{
    private readonly Dictionary<long, CommittedBatch> _batches = [];
    private readonly Dictionary<long, long> _offsets = [];

    public long End { get; private set; }

    public CommittedBatch? At(long offset) => _batches.TryGetValue(offset, out var batch) ? batch : null;

    /// <summary>The offset at which a value was committed before; null when it is new.</summary>
    public long? Add(long offset, CommittedBatch batch)
    {
        _batches[offset] = batch;
        End = Math.Max(End, batch.Next);
        return _offsets.TryAdd(batch.Value, offset) ? null : _offsets[batch.Value];
    }
}
