namespace ClassicBroker.Broker.Log;

/// <summary>The asked offset lies below the log start offset or above the log end offset (OFFSET_OUT_OF_RANGE).</summary>
public sealed class OffsetOutOfRangeException(long offset, long logStartOffset, long logEndOffset)
    : Exception($"Offset {offset} is outside of the log, which holds {logStartOffset} to {logEndOffset}.")
{
    public long Offset { get; } = offset;

    public long LogStartOffset { get; } = logStartOffset;

    public long LogEndOffset { get; } = logEndOffset;
}
