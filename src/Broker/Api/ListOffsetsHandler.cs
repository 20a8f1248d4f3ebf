using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using static ClassicBroker.Clients.Protocol.Messages.ListOffsetsResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>ListOffsets: the offset of a timestamp, or the start, the end, the largest timestamp of a log. Answered by the leader.</summary>
public sealed class ListOffsetsHandler(HostedPartitions hosted) : RequestHandler<ListOffsetsRequest, ListOffsetsResponse>
{
    /// <summary>Version 0 lists segment starts; no client we serve asks for it.</summary>
    public override short MinVersion => 1;

    public override ValueTask<HandlerResult<ListOffsetsResponse>> HandleAsync(ListOffsetsRequest request, RequestContext context)
    {
        var response = new ListOffsetsResponse();
        foreach (var topic in request.Topics)
        {
            var answer = new ListOffsetsTopicResponse { Name = topic.Name };
            foreach (var asked in topic.Partitions)
            {
                var twice = topic.Partitions.FindAll(p => p.PartitionIndex == asked.PartitionIndex).Count > 1;
                var lookup = twice ? new OffsetLookup(ErrorCode.InvalidRequest) : LookUp(topic.Name, asked, request, context.ApiVersion);
                answer.Partitions.Add(new ListOffsetsPartitionResponse
                {
                    PartitionIndex = asked.PartitionIndex,
                    ErrorCode = lookup.Error,
                    Timestamp = lookup.Timestamp,
                    Offset = lookup.Offset,
                    LeaderEpoch = lookup.LeaderEpoch,
                });
            }
            response.Topics.Add(answer);
        }
        return ValueTask.FromResult<HandlerResult<ListOffsetsResponse>>(response);
    }

    private OffsetLookup LookUp(string topic, ListOffsetsRequest.ListOffsetsPartition asked, ListOffsetsRequest request, short version)
    {
        if (hosted.Find(new TopicPartition(topic, asked.PartitionIndex), out var error) is not { } partition) return new OffsetLookup(error);
        if (!IsKnown(asked.Timestamp, version)) return new OffsetLookup(ErrorCode.UnsupportedVersion);
        try
        {
            var found = partition.LookUpOffset(
                asked.Timestamp, request.ReplicaId, new LeaderEpoch(asked.CurrentLeaderEpoch), request.IsolationLevel == ReadQuery.CommittedOnly);
            return found.Error == ErrorCode.OffsetNotAvailable && version < 5 ? found with { Error = ErrorCode.LeaderNotAvailable } : found;
        }
        catch (IOException)
        {
            return new OffsetLookup(ErrorCode.KafkaStorageError);
        }
    }

    private static bool IsKnown(long timestamp, short version) => timestamp switch
    {
        >= OffsetLookup.Earliest => true,
        OffsetLookup.MaxTimestamp => version >= 7,
        OffsetLookup.EarliestLocal => version >= 8,
        OffsetLookup.LatestTiered => version >= 9,
        _ => false,
    };
}
