using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Metadata;

/// <summary>An offset found, with timestamp (ms since 1970 UTC) and leader epoch of its record; -1 where the broker tells none.</summary>
public readonly record struct FoundOffset(long Offset, long TimestampMs, int LeaderEpoch);

/// <summary>Finds offsets by timestamp, or a partition's ends by <see cref="Earliest"/> and <see cref="Latest"/> (ListOffsets).</summary>
public sealed class OffsetLookup(ClusterMetadata cluster)
{
    public const long Latest = -1;
    public const long Earliest = -2;
    /// <summary>The record with the largest timestamp.</summary>
    public const long MaxTimestamp = -3;

    /// <summary>Asks the leader, again while leaders move.</summary>
    /// <param name="timestampMs">first record not older than this, or one of the constants</param>
    public Task<FoundOffset> FindAsync(TopicPartition partition, long timestampMs, CancellationToken ct = default) =>
        cluster.Retries.RunAsync(async token =>
        {
            BrokerConnection leader = await LeaderAsync(partition, token).ConfigureAwait(false);
            ListOffsetsResponse answer = await leader.SendAsync<ListOffsetsRequest, ListOffsetsResponse>(
                Request(partition, timestampMs), token).ConfigureAwait(false);
            ListOffsetsResponse.ListOffsetsPartitionResponse found = answer.Topics
                .SelectMany(topic => topic.Partitions).FirstOrDefault(p => p.PartitionIndex == partition.Partition)
                ?? throw new ProtocolException($"ListOffsets answer lacks {partition}");
            if (found.ErrorCode == ErrorCode.None) return new FoundOffset(found.Offset, found.Timestamp, found.LeaderEpoch);
            if (found.ErrorCode.IsInvalidMetadata()) await cluster.RefreshAsync([partition.Topic], ct: token).ConfigureAwait(false);
            throw new BrokerErrorException(found.ErrorCode, $"offsets of {partition}");
        }, ct);

    private async Task<BrokerConnection> LeaderAsync(TopicPartition partition, CancellationToken ct)
    {
        try
        {
            return await cluster.ToLeaderAsync(partition, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (RetryLoop.IsPassing(e))
        {
            await cluster.RefreshAsync([partition.Topic], ct: ct).ConfigureAwait(false);
            throw;
        }
    }

    private static ListOffsetsRequest Request(TopicPartition partition, long timestampMs) => new()
    {
        ReplicaId = -1,
        Topics =
        [
            new() { Name = partition.Topic, Partitions = [new() { PartitionIndex = partition.Partition, Timestamp = timestampMs }] },
        ],
    };
}
