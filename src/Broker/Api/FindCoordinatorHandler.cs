using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Which broker coordinates a group: the leader of the group's partition of <c>__consumer_offsets</c>. The first question makes that topic; until it has leaders the
/// answer is COORDINATOR_NOT_AVAILABLE, which clients ask again after. Transactional ids get the same answer: there is no coordinator for them yet. Other kinds
/// of keys are not ours to coordinate.
/// </summary>
public sealed class FindCoordinatorHandler(GroupCoordinator groups, MetadataCache metadata, TopicCreation creation, GroupOptions options)
    : RequestHandler<FindCoordinatorRequest, FindCoordinatorResponse>
{
    /// <summary>First version with several keys; first that knows share groups.</summary>
    private const short Batched = 4, KnowsShareGroups = 6;

    private const sbyte Group = 0, Transaction = 1, Share = 2;

    public override async ValueTask<HandlerResult<FindCoordinatorResponse>> HandleAsync(FindCoordinatorRequest request, RequestContext context)
    {
        if (context.ApiVersion >= Batched)
        {
            var coordinators = new List<FindCoordinatorResponse.Coordinator>();
            foreach (var key in request.CoordinatorKeys) coordinators.Add(await FindAsync(request.KeyType, key, context));
            return new FindCoordinatorResponse { Coordinators = coordinators };
        }
        var one = await FindAsync(request.KeyType, request.Key, context);
        return new FindCoordinatorResponse
        {
            // Kafka says "NONE" here where all is well, and nothing in later versions.
            ErrorCode = one.ErrorCode, ErrorMessage = one.ErrorCode == ErrorCode.None ? "NONE" : one.ErrorMessage, NodeId = one.NodeId, Host = one.Host, Port = one.Port,
        };
    }

    private async Task<FindCoordinatorResponse.Coordinator> FindAsync(sbyte kind, string key, RequestContext context)
    {
        switch (kind)
        {
            case Group:
                return await FindGroupAsync(key, context);
            case Transaction:
                return Nobody(key, ErrorCode.CoordinatorNotAvailable, "This broker does not coordinate transactions yet.");
            case Share when context.ApiVersion >= KnowsShareGroups:
                return Nobody(key, ErrorCode.CoordinatorNotAvailable, "");
            default:
                return Nobody(key, ErrorCode.InvalidRequest, $"Coordinator key type {kind} is not one of 0 (group) and 1 (transaction).");
        }
    }

    private async Task<FindCoordinatorResponse.Coordinator> FindGroupAsync(string group, RequestContext context)
    {
        var snapshot = metadata.Current;
        if (!snapshot.Topics.ContainsKey(GroupCoordinator.OffsetsTopic))
        {
            await MakeOffsetsTopicAsync(snapshot, context.Aborted);
            return Nobody(group, ErrorCode.CoordinatorNotAvailable, "The topic of the offsets is being made.");
        }
        var leader = snapshot.FindPartition(GroupCoordinator.OffsetsTopic, groups.PartitionOf(group))?.Leader ?? -1;
        return snapshot.Brokers.GetValueOrDefault(leader)?.On(context.ListenerName) is { } endpoint
            ? new FindCoordinatorResponse.Coordinator { Key = group, NodeId = leader, Host = endpoint.Host, Port = endpoint.Port }
            : Nobody(group, ErrorCode.CoordinatorNotAvailable, "The group's partition of the offsets topic has no leader now.");
    }

    // With fewer brokers than replicas the topic would be born under-replicated, and stay so.
    private async Task MakeOffsetsTopicAsync(MetadataSnapshot snapshot, CancellationToken ct)
    {
        if (snapshot.Brokers.Count < options.OffsetsReplicationFactor) return;
        await creation.CreateAsync(new NewTopic(GroupCoordinator.OffsetsTopic, options.OffsetsPartitions, options.OffsetsReplicationFactor)
        {
            Config = new Dictionary<string, string>
            {
                ["cleanup.policy"] = "compact",
                ["compression.type"] = "producer",
                ["segment.bytes"] = options.OffsetsSegmentBytes.ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
        }, validateOnly: false, ct);
    }

    private static FindCoordinatorResponse.Coordinator Nobody(string key, ErrorCode error, string message) =>
        new() { Key = key, NodeId = -1, Host = "", Port = -1, ErrorCode = error, ErrorMessage = message };
}
