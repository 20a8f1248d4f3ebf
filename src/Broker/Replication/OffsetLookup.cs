using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>The answer to "which offset has this timestamp": -1 in every field that does not apply (ListOffsets v1+).</summary>
public readonly record struct OffsetLookup(ErrorCode Error, long Offset = -1, long Timestamp = -1, int LeaderEpoch = -1)
{
    /// <summary>The special timestamps (ListOffsetsRequest.java; KIP-734, KIP-405, KIP-1005).</summary>
    public const long Latest = -1, Earliest = -2, MaxTimestamp = -3, EarliestLocal = -4, LatestTiered = -5;
}
