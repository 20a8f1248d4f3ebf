using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Testing.Simulation;

/// <summary>Reads one partition from its beginning, and now and then asks for its end, which must never go back for it (P6).</summary>
internal sealed class SimulatedConsumer(SimulatedCluster cluster, int node, TopicPartition source) : SimulatedClient(cluster, node, $"consumer{node}")
{
    private const short ByName = 12, ListOffsetsVersion = 7;

    private long _end;

    /// <summary>The next offset to read.</summary>
    public long Position { get; private set; }

    protected override async Task RunAsync()
    {
        while (!IsStopping)
        {
            if (await LeaderOfAsync(source) is not var (leader, epoch, topicId))
            {
                await PauseAsync(200);
                continue;
            }
            try
            {
                for (var fetches = 0; fetches < 10 && !IsStopping; fetches++)
                    if (!await FetchAsync(leader, epoch, topicId)) break;
                await LookAtEndAsync(leader, epoch);
            }
            catch (Exception failure) when (failure is IOException or TimeoutException)
            {
                await PauseAsync(100);
            }
        }
    }

    private async Task<bool> FetchAsync(int leader, int epoch, Guid topicId)
    {
        var request = new FetchRequest { ReplicaId = -1, MaxWaitMs = 300, MinBytes = 1, MaxBytes = 1 << 20 };
        var topic = new FetchRequest.FetchTopic { Topic = source.Topic };
        topic.Partitions.Add(new FetchRequest.FetchPartition
        {
            Partition = source.Partition, CurrentLeaderEpoch = epoch, FetchOffset = Position, LastFetchedEpoch = -1, LogStartOffset = -1, PartitionMaxBytes = 1 << 20,
        });
        request.Topics.Add(topic);
        var response = await AskAsync(leader, broker => broker.FetchAsync(request, ByName, new FetchQueue()));
        var data = response.Responses[0].Partitions[0];
        if (data.ErrorCode == ErrorCode.OffsetOutOfRange)
            Cluster.Promises.Break($"P6: {Process.Name} at offset {Position} of {source} is told by broker {leader} that there is no such offset");
        if (data.ErrorCode == ErrorCode.None && data.Records is { Length: > 0 } records) Position = Cluster.Promises.ConsumedFrom(source, topicId, Position, records);
        if (data.ErrorCode != ErrorCode.None) await PauseAsync(100);
        return data.ErrorCode == ErrorCode.None;
    }

    private async Task LookAtEndAsync(int leader, int epoch)
    {
        var request = new ListOffsetsRequest { ReplicaId = -1 };
        var topic = new ListOffsetsRequest.ListOffsetsTopic { Name = source.Topic };
        topic.Partitions.Add(new ListOffsetsRequest.ListOffsetsPartition { PartitionIndex = source.Partition, CurrentLeaderEpoch = epoch, Timestamp = OffsetLookup.Latest });
        request.Topics.Add(topic);
        var answer = (await AskAsync(leader, broker => broker.ListOffsetsAsync(request, ListOffsetsVersion))).Topics[0].Partitions[0];
        if (answer.ErrorCode != ErrorCode.None) return;
        if (answer.Offset < _end || answer.Offset < Position)
            Cluster.Promises.Break($"P6: the end of {source} went back for {Process.Name}: {answer.Offset} from broker {leader}, after {_end}, having read to {Position}");
        _end = answer.Offset;
    }
}
