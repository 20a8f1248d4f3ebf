using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Asks for topics to be deleted, on the controller only: a mark in ZooKeeper, on which the controller acts. The answer waits until this
/// broker's metadata has forgotten the topic.
/// </summary>
public sealed class DeleteTopicsHandler(Controller.Controller controller, TopicStore topics, MetadataCache metadata, BrokerOptions options, TimeProvider time)
    : RequestHandler<DeleteTopicsRequest, DeleteTopicsResponse>
{
    /// <summary>First version that knows TOPIC_DELETION_DISABLED.</summary>
    private const short KnowsDisabled = 3;

    /// <summary>First version that names topics by id too.</summary>
    private const short TopicsById = 6;

    public override async ValueTask<HandlerResult<DeleteTopicsResponse>> HandleAsync(DeleteTopicsRequest request, RequestContext context)
    {
        var asked = context.ApiVersion >= TopicsById
            ? request.Topics
            : [.. request.TopicNames.Select(name => new DeleteTopicsRequest.DeleteTopicState { Name = name })];
        if (!controller.IsActive) return All(asked, ErrorCode.NotController);
        if (!options.DeleteTopicEnable) return All(asked, context.ApiVersion < KnowsDisabled ? ErrorCode.InvalidRequest : ErrorCode.TopicDeletionDisabled);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 1)), time);
        var names = asked.ConvertAll(topic => topic.TopicId == Guid.Empty ? topic.Name : metadata.Current.TopicNames.GetValueOrDefault(topic.TopicId));
        var results = await Task.WhenAll(asked.Zip(names).Select(pair => pair.First.Name is not null && pair.First.TopicId != Guid.Empty
            ? Task.FromResult(Result(pair.First, pair.First.Name, ErrorCode.InvalidRequest))
            : DeleteAsync(pair.First, pair.Second, deadline.Token)));
        return new DeleteTopicsResponse { Responses = [.. results] };
    }

    private async Task<DeleteTopicsResponse.DeletableTopicResult> DeleteAsync(
        DeleteTopicsRequest.DeleteTopicState asked, string? name, CancellationToken deadline)
    {
        if (name is null) return Result(asked, null, asked.TopicId == Guid.Empty ? ErrorCode.InvalidRequest : ErrorCode.UnknownTopicId);
        if (!TopicNames.IsLegal(name)) return Result(asked, name, ErrorCode.UnknownTopicOrPartition);
        try
        {
            var found = await topics.ReadAsync([name], deadline);
            if (!found.TryGetValue(name, out var topic)) return Result(asked, name, ErrorCode.UnknownTopicOrPartition);
            await topics.MarkForDeletionAsync(name, deadline);
            await metadata.WaitUntilAsync(
                snapshot => !snapshot.Topics.TryGetValue(name, out var known) || known.TopicId != topic.TopicId, Timeout.InfiniteTimeSpan, deadline);
            return Result(asked, name, ErrorCode.None);
        }
        catch (OperationCanceledException)
        {
            return Result(asked, name, ErrorCode.RequestTimedOut);
        }
        catch (ZooKeeperException e)
        {
            return Result(asked, name, e.Error == ZooKeeperError.SessionExpired ? ErrorCode.NotController : ErrorCode.UnknownServerError);
        }
    }

    private static DeleteTopicsResponse All(List<DeleteTopicsRequest.DeleteTopicState> asked, ErrorCode error) =>
        new() { Responses = asked.ConvertAll(topic => Result(topic, topic.Name, error)) };

    private static DeleteTopicsResponse.DeletableTopicResult Result(
        DeleteTopicsRequest.DeleteTopicState asked, string? name, ErrorCode error) =>
        new() { Name = name, TopicId = asked.TopicId, ErrorCode = error };
}
