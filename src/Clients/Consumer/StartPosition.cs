using ClassicBroker.Clients.Metadata;

namespace ClassicBroker.Clients.Consumer;

/// <summary>Where reading begins: an offset, a timestamp or an end of the partition.</summary>
public readonly record struct StartPosition
{
    private StartPosition(long? offset, long timestamp) => (Offset, TimestampMs) = (offset, timestamp);

    /// <summary>The first offset still in the log.</summary>
    public static StartPosition Earliest { get; } = new(null, OffsetLookup.Earliest);

    /// <summary>Behind the last committed record: only what comes from now on.</summary>
    public static StartPosition Latest { get; } = new(null, OffsetLookup.Latest);

    public static StartPosition At(long offset) => new(offset, 0);

    /// <summary>The first record not older than this, milliseconds since 1970 UTC; the end when there is none.</summary>
    public static StartPosition Since(long timestampMs) => new(null, timestampMs);

    internal long? Offset { get; }

    internal long TimestampMs { get; }
}
