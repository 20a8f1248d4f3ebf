using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using static ClassicBroker.Clients.Protocol.Messages.OffsetFetchResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>OffsetFetch: the committed offsets of a group, from version 8 on of several. -1 where there is none. Version 0 reads what old consumers keep in ZooKeeper.</summary>
public sealed class OffsetFetchHandler(GroupCoordinator groups, MetadataCache metadata, ConsumerOffsetStore oldOffsets)
    : RequestHandler<OffsetFetchRequest, OffsetFetchResponse>
{
    /// <summary>First version with several groups; first with an error of the whole answer.</summary>
    private const short SeveralGroups = 8, TopLevelError = 2;

    public override async ValueTask<HandlerResult<OffsetFetchResponse>> HandleAsync(OffsetFetchRequest request, RequestContext context)
    {
        if (context.ApiVersion == 0) return await ReadFromZooKeeperAsync(request, context.Aborted);
        if (context.ApiVersion >= SeveralGroups) return new OffsetFetchResponse { Groups = request.Groups.ConvertAll(Read) };
        var asked = request.Topics?.SelectMany(t => t.PartitionIndexes.Select(p => new TopicPartition(t.Name, p))).ToList();
        var error = groups.Offsets(request.GroupId, asked, out var offsets);
        return new OffsetFetchResponse
        {
            ErrorCode = error,
            Topics = error != ErrorCode.None && context.ApiVersion >= TopLevelError ? [] : ByTopic(asked, offsets).ConvertAll(topic => new OffsetFetchResponseTopic
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(p => new OffsetFetchResponsePartition
                {
                    PartitionIndex = p.Index,
                    CommittedOffset = p.Offset?.Offset ?? -1,
                    CommittedLeaderEpoch = p.Offset?.LeaderEpoch ?? -1,
                    Metadata = p.Offset?.Metadata ?? "",
                    ErrorCode = error,
                }),
            }),
        };
    }

    private OffsetFetchResponseGroup Read(OffsetFetchRequest.OffsetFetchRequestGroup group)
    {
        var asked = group.Topics?.SelectMany(t => t.PartitionIndexes.Select(p => new TopicPartition(t.Name, p))).ToList();
        var error = groups.Offsets(group.GroupId, asked, out var offsets);
        return new OffsetFetchResponseGroup
        {
            GroupId = group.GroupId,
            ErrorCode = error,
            Topics = error != ErrorCode.None ? [] : ByTopic(asked, offsets).ConvertAll(topic => new OffsetFetchResponseTopics
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(p => new OffsetFetchResponsePartitions
                {
                    PartitionIndex = p.Index,
                    CommittedOffset = p.Offset?.Offset ?? -1,
                    CommittedLeaderEpoch = p.Offset?.LeaderEpoch ?? -1,
                    Metadata = p.Offset?.Metadata ?? "",
                }),
            }),
        };
    }

    // in the order asked, which is the order clients match answers by
    private static List<(string Name, List<(int Index, CommittedOffset? Offset)> Partitions)> ByTopic(
        IEnumerable<TopicPartition>? asked, IReadOnlyDictionary<TopicPartition, CommittedOffset?> offsets) =>
        [.. (asked ?? offsets.Keys).Distinct().GroupBy(p => p.Topic, StringComparer.Ordinal)
            .Select(topic => (topic.Key, topic.Select(p => (p.Partition, offsets.GetValueOrDefault(p))).ToList()))];

    private async Task<OffsetFetchResponse> ReadFromZooKeeperAsync(OffsetFetchRequest request, CancellationToken ct)
    {
        var response = new OffsetFetchResponse();
        foreach (var topic in request.Topics ?? [])
        {
            var answer = new OffsetFetchResponseTopic { Name = topic.Name };
            foreach (var index in topic.PartitionIndexes) answer.Partitions.Add(await ReadOldAsync(request.GroupId, topic.Name, index, ct));
            response.Topics.Add(answer);
        }
        return response;
    }

    private async Task<OffsetFetchResponsePartition> ReadOldAsync(string group, string topic, int index, CancellationToken ct)
    {
        var answer = new OffsetFetchResponsePartition { PartitionIndex = index, CommittedOffset = -1, ErrorCode = ErrorCode.UnknownTopicOrPartition };
        if (group.Length == 0 || group.Contains('/') || metadata.Current.FindPartition(topic, index) is null) return answer;
        try
        {
            if (await oldOffsets.ReadAsync(group, topic, index, ct) is { } offset) (answer.CommittedOffset, answer.ErrorCode) = (offset, ErrorCode.None);
        }
        catch (ZooKeeperException)
        {
            answer.ErrorCode = ErrorCode.CoordinatorNotAvailable;
        }
        return answer;
    }
}
