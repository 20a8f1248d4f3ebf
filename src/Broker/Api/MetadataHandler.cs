using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Tells clients the brokers and the leaders of topics, from this broker's <see cref="MetadataCache"/>. Addresses are those of the listener the
/// request came in on; a broker without that listener is not shown. An unknown topic is created when broker and request both allow it.
/// </summary>
public sealed class MetadataHandler(MetadataCache cache, BrokerIdentity identity, BrokerOptions options, IAutoTopicCreation creation)
    : RequestHandler<MetadataRequest, MetadataResponse>
{
    /// <summary>First version in which a topic may be asked for by id alone.</summary>
    private const short TopicsById = 12;

    public override async ValueTask<HandlerResult<MetadataResponse>> HandleAsync(MetadataRequest request, RequestContext context)
    {
        if (request.Topics?.Exists(t => !IsAddressed(t, context.ApiVersion)) == true)
        {
            return AllInvalid(request.Topics);
        }

        var snapshot = cache.Current;
        var view = new MetadataView(snapshot, context.ListenerName, context.ApiVersion);
        var response = new MetadataResponse
        {
            Brokers = view.Brokers(),
            ClusterId = identity.ClusterId,
            ControllerId = snapshot.ControllerId ?? -1,
        };
        if (context.ApiVersion is >= 8 and <= 10 && request.IncludeClusterAuthorizedOperations)
        {
            response.ClusterAuthorizedOperations = AuthorizedOperations.AllOnCluster;
        }

        var all = request.Topics is null || (context.ApiVersion == 0 && request.Topics.Count == 0);
        response.Topics = all
            ? [.. snapshot.Topics.Values.OrderBy(t => t.Name, StringComparer.Ordinal).Select(view.Topic)]
            : await NamedAsync(request, context, view);
        if (request.IncludeTopicAuthorizedOperations)
        {
            // An id we do not know names no topic, so there is nothing to be allowed on.
            foreach (var topic in response.Topics.Where(t => t.ErrorCode != ErrorCode.UnknownTopicId))
            {
                topic.TopicAuthorizedOperations = AuthorizedOperations.AllOnTopic;
            }
        }

        return response;
    }

    private async ValueTask<List<MetadataResponse.MetadataResponseTopic>> NamedAsync(MetadataRequest request, RequestContext context, MetadataView view)
    {
        var asked = request.Topics!;
        if (asked.Exists(t => t.TopicId != Guid.Empty))
        {
            // As in Kafka, one id in the request makes it a request by ids: names in it are not looked at.
            return [.. asked.Where(t => t.TopicId != Guid.Empty).DistinctBy(t => t.TopicId).Select(t => view.TopicById(t.TopicId))];
        }

        var topics = new List<MetadataResponse.MetadataResponseTopic>(asked.Count);
        var mayCreate = options.AutoCreateTopics && (context.ApiVersion < 4 || request.AllowAutoTopicCreation);
        foreach (var name in asked.Select(t => t.Name ?? "").Distinct(StringComparer.Ordinal))
        {
            topics.Add(view.Find(name) ?? view.Failed(name, await MissingAsync(name, mayCreate, context.Aborted)));
        }

        return topics;
    }

    // The layout has the id from version 10 on, its meaning only came with 12.
    private static bool IsAddressed(MetadataRequest.MetadataRequestTopic topic, short version) =>
        version < TopicsById ? topic.Name is not null && topic.TopicId == Guid.Empty : topic.Name is not null || topic.TopicId != Guid.Empty;

    // As in Kafka, such a request is refused as a whole: nothing else is told.
    private static MetadataResponse AllInvalid(List<MetadataRequest.MetadataRequestTopic> asked) => new()
    {
        Topics = asked.ConvertAll(t => new MetadataResponse.MetadataResponseTopic
        {
            ErrorCode = ErrorCode.InvalidRequest,
            Name = t.Name ?? "",
            TopicId = t.TopicId,
        }),
    };

    private async ValueTask<ErrorCode> MissingAsync(string name, bool mayCreate, CancellationToken ct)
    {
        if (!TopicNames.IsLegal(name))
        {
            return ErrorCode.InvalidTopicException;
        }

        if (!mayCreate)
        {
            return ErrorCode.UnknownTopicOrPartition;
        }

        var outcome = await creation.CreateAsync(name, ct);
        return outcome is ErrorCode.None or ErrorCode.TopicAlreadyExists or ErrorCode.RequestTimedOut ? ErrorCode.LeaderNotAvailable : outcome;
    }
}
