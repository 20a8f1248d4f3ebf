using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// OffsetCommit: stores how far a group has read. Partitions that do not exist, and metadata that is too long, are refused one by one; the rest is stored
/// together or not at all. Version 0 is of the consumers that keep their offsets in ZooKeeper.
/// </summary>
public sealed class OffsetCommitHandler(GroupCoordinator groups, MetadataCache metadata, ConsumerOffsetStore oldOffsets, GroupOptions options, TimeProvider time)
    : RequestHandler<OffsetCommitRequest, OffsetCommitResponse>
{
    /// <summary>A client of versions 2 to 4 that names no retention time.</summary>
    private const long DefaultRetention = -1;

    public override async ValueTask<HandlerResult<OffsetCommitResponse>> HandleAsync(OffsetCommitRequest request, RequestContext context)
    {
        var refused = new Dictionary<TopicPartition, ErrorCode>();
        var accepted = new Dictionary<TopicPartition, CommittedOffset>();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var topic in request.Topics)
        {
            foreach (var asked in topic.Partitions) Judge(new TopicPartition(topic.Name, asked.PartitionIndex), asked, request, now, refused, accepted);
        }
        var error = context.ApiVersion == 0
            ? await WriteToZooKeeperAsync(request.GroupId, accepted, context.Aborted)
            : await groups.CommitAsync(request.GroupId, new CommitterIdentity(request.MemberId, request.GroupInstanceId, request.GenerationIdOrMemberEpoch), accepted);
        return new OffsetCommitResponse
        {
            Topics = request.Topics.ConvertAll(topic => new OffsetCommitResponse.OffsetCommitResponseTopic
            {
                Name = topic.Name,
                Partitions = topic.Partitions.ConvertAll(p => new OffsetCommitResponse.OffsetCommitResponsePartition
                {
                    PartitionIndex = p.PartitionIndex,
                    ErrorCode = refused.GetValueOrDefault(new TopicPartition(topic.Name, p.PartitionIndex), error),
                }),
            }),
        };
    }

    private void Judge(TopicPartition id, OffsetCommitRequest.OffsetCommitRequestPartition asked, OffsetCommitRequest request, long now,
        Dictionary<TopicPartition, ErrorCode> refused, Dictionary<TopicPartition, CommittedOffset> accepted)
    {
        if (metadata.Current.FindPartition(id.Topic, id.Partition) is null) refused[id] = ErrorCode.UnknownTopicOrPartition;
        else if ((asked.CommittedMetadata?.Length ?? 0) > options.OffsetMetadataMaxBytes) refused[id] = ErrorCode.OffsetMetadataTooLarge;
        else
        {
            long? expires = request.RetentionTimeMs == DefaultRetention ? null : now + request.RetentionTimeMs;
            accepted[id] = new CommittedOffset(asked.CommittedOffset, asked.CommittedLeaderEpoch, asked.CommittedMetadata ?? "", now, expires);
        }
    }

    private async Task<ErrorCode> WriteToZooKeeperAsync(string group, Dictionary<TopicPartition, CommittedOffset> offsets, CancellationToken ct)
    {
        // The group's name becomes part of a path.
        if (group.Length == 0 || group.Contains('/')) return ErrorCode.InvalidGroupId;
        try
        {
            foreach (var (id, offset) in offsets) await oldOffsets.WriteAsync(group, id.Topic, id.Partition, offset.Offset, ct);
            return ErrorCode.None;
        }
        catch (ZooKeeperException)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }
    }
}
