using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>OffsetDelete: forgets offsets of topics a group does not read any more (KIP-496).</summary>
public sealed class OffsetDeleteHandler(GroupCoordinator groups, MetadataCache metadata) : RequestHandler<OffsetDeleteRequest, OffsetDeleteResponse>
{
    public override async ValueTask<HandlerResult<OffsetDeleteResponse>> HandleAsync(OffsetDeleteRequest request, RequestContext context)
    {
        var known = request.Topics.SelectMany(t => t.Partitions.Select(p => new TopicPartition(t.Name, p.PartitionIndex)))
            .Where(p => metadata.Current.FindPartition(p.Topic, p.Partition) is not null).ToHashSet();
        var (error, results) = await groups.DeleteOffsetsAsync(request.GroupId, known);
        if (error != ErrorCode.None) return new OffsetDeleteResponse { ErrorCode = error };
        return new OffsetDeleteResponse
        {
            Topics = request.Topics.ConvertAll(topic => new OffsetDeleteResponse.OffsetDeleteResponseTopic
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(p => new OffsetDeleteResponse.OffsetDeleteResponsePartition
                {
                    PartitionIndex = p.PartitionIndex,
                    ErrorCode = results.GetValueOrDefault(new TopicPartition(topic.Name, p.PartitionIndex), ErrorCode.UnknownTopicOrPartition),
                }),
            }),
        };
    }
}
