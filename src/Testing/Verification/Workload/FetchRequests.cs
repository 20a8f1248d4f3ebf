using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Testing.Verification;

/// <summary>Fetch requests for one partition.</summary>
internal static class FetchRequests
{
    /// <summary>The replica id of somebody who only looks: any replica answers, up to its log end.</summary>
    public const int Debugging = -2;

    private const int MaxBytes = 512 * 1024;

    public static FetchRequest For(TopicPartition partition, long offset, int replicaId, int leaderEpoch) => new()
    {
        ReplicaId = replicaId,
        MaxWaitMs = 0,
        MinBytes = 0,
        MaxBytes = MaxBytes,
        Topics =
        [
            new()
            {
                Topic = partition.Topic,
                Partitions = [new() { Partition = partition.Partition, FetchOffset = offset, CurrentLeaderEpoch = leaderEpoch, PartitionMaxBytes = MaxBytes }],
            },
        ],
    };
}
