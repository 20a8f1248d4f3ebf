using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>One partition of a fetch: what was asked, the replica that answers, or the error when there is none here, and the broker nearer to the consumer.</summary>
internal sealed record FetchTarget(string? TopicName, Partition? Partition, ErrorCode Error, ReadQuery Query, FetchRequest.FetchPartition Asked, int? Elsewhere)
{
    public ProgressKind Awaits => Query.ReplicaId == ReadQuery.Consumer ? ProgressKind.HighWatermark : ProgressKind.LogEnd;
}

/// <summary>An answer as it grows: bytes so far, the leases of the reads, and whether something must be told at once.</summary>
internal sealed class FetchAnswer
{
    /// <summary>One per target, in the same order.</summary>
    public List<FetchResponse.PartitionData> Partitions { get; } = [];

    public ReadLeases Leases { get; } = new();

    public int Bytes { get; private set; }

    /// <summary>An error, a diverging epoch, another broker to read from: the reader has to know now.</summary>
    public bool HasNews { get; set; }

    public void Add(in PartitionRead read)
    {
        Bytes += read.Bytes;
        HasNews |= read.Diverging is not null;
        Leases.Add(read);
    }

    /// <summary>Is there enough to answer without waiting?</summary>
    public bool IsDue(FetchRequest request) =>
        HasNews || request.MaxWaitMs <= 0 || Partitions.Count == 0 || Bytes >= Math.Min(request.MinBytes, request.MaxBytes);
}

/// <summary>The pooled blocks an answer's records lie in; given back once, after the bytes are sent.</summary>
internal sealed class ReadLeases : IDisposable
{
    private readonly List<PartitionRead> _reads = [];

    public void Add(in PartitionRead read)
    {
        if (read.Read.Lease is not null) _reads.Add(read);
    }

    public void Dispose()
    {
        foreach (var read in _reads) read.Read.Dispose();
        _reads.Clear();
    }
}
