using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>One partition of a fetch request, as asked. Offsets and epochs are -1 where the request's version has none.</summary>
public readonly record struct ReadQuery
{
    /// <summary>-1: an ordinary consumer. -2: a debugging consumer that may read past the high watermark, also on followers. From 0: a follower.</summary>
    public int ReplicaId { get; init; }

    /// <summary>The follower's incarnation (Fetch v15+), else -1.</summary>
    public BrokerEpoch ReplicaEpoch { get; init; }

    public long FetchOffset { get; init; }

    public LeaderEpoch CurrentLeaderEpoch { get; init; }

    /// <summary>Epoch of the last record the reader has (Fetch v12+).</summary>
    public int LastFetchedEpoch { get; init; }

    public long FollowerLogStart { get; init; }

    /// <summary>A consumer of Fetch v11+ may also read from followers (KIP-392).</summary>
    public bool FollowersMayServe { get; init; }

    /// <summary>The consumer sees only records of committed transactions, and of none (isolation level 1).</summary>
    public bool ReadCommitted { get; init; }

    /// <summary>A parked fetch that looks again: the follower said where it is once, when it asked.</summary>
    public bool IsRepeated { get; init; }

    public bool IsFollower => ReplicaId >= 0;

    public const int Consumer = -1, DebuggingConsumer = -2;

    /// <summary>The isolation level read_committed; 0 is read_uncommitted (KIP-98).</summary>
    public const sbyte CommittedOnly = 1;
}

/// <summary>
/// What a read gave: offsets as they were <b>before</b> the read moved anything, the batches, and where the histories part when they do.
/// Records are valid until <see cref="Read"/> is disposed.
/// </summary>
public readonly record struct PartitionRead(ErrorCode Error)
{
    public long HighWatermark { get; init; } = -1;

    public long LastStableOffset { get; init; } = -1;

    public long LogStartOffset { get; init; } = -1;

    /// <summary>Set when the reader's last epoch is not ours: the largest epoch we know at or below it, and its end offset.</summary>
    public (int Epoch, long EndOffset)? Diverging { get; init; }

    public LogRead Read { get; init; }

    /// <summary>The aborted transactions with records in <see cref="Read"/>, for the consumer to skip; null where it did not ask.</summary>
    public IReadOnlyList<AbortedTransaction>? Aborted { get; init; }

    public int Bytes => Read.Records.Length;
}
