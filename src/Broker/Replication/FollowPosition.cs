namespace ClassicBroker.Broker.Replication;

/// <summary>What a follower puts into its fetch: its log end, the epoch of its last record (-1 when it has none), its log start.</summary>
public readonly record struct FollowPosition(long FetchOffset, int LastFetchedEpoch, long LogStartOffset);
