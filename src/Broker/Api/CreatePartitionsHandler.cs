using ClassicBroker.Broker.Controller;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Gives topics more partitions, on the controller only. The new ones go on where partition 0 began, so the spread stays
/// even; the assignment is stored by compare-and-set and the controller is told to read it.
/// </summary>
public sealed class CreatePartitionsHandler(
    Controller.Controller controller, TopicStore topics, BrokerRegistry brokers, MetadataCache metadata, TimeProvider time)
    : RequestHandler<CreatePartitionsRequest, CreatePartitionsResponse>
{
    public override async ValueTask<HandlerResult<CreatePartitionsResponse>> HandleAsync(CreatePartitionsRequest request, RequestContext context)
    {
        if (!controller.IsActive)
            return new CreatePartitionsResponse { Results = request.Topics.ConvertAll(topic => Result(topic.Name, ErrorCode.NotController)) };
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 1)), time);
        var twice = request.Topics.CountBy(topic => topic.Name, StringComparer.Ordinal).Where(entry => entry.Value > 1).Select(entry => entry.Key).ToHashSet();
        var results = await Task.WhenAll(request.Topics.DistinctBy(topic => topic.Name).Select(topic => twice.Contains(topic.Name)
            ? Task.FromResult(Result(topic.Name, ErrorCode.InvalidRequest, "The topic is named twice in the request."))
            : ExtendAsync(topic, request.ValidateOnly, deadline.Token)));
        return new CreatePartitionsResponse { Results = [.. results] };
    }

    private async Task<CreatePartitionsResponse.CreatePartitionsTopicResult> ExtendAsync(
        CreatePartitionsRequest.CreatePartitionsTopic asked, bool validateOnly, CancellationToken deadline)
    {
        try
        {
            var found = TopicNames.IsLegal(asked.Name) ? await topics.ReadAsync([asked.Name], deadline) : new Dictionary<string, TopicAssignment>();
            if (!found.TryGetValue(asked.Name, out var topic) || (await topics.MarkedForDeletionAsync(deadline)).Contains(asked.Name))
                return Result(asked.Name, ErrorCode.UnknownTopicOrPartition, $"The topic '{asked.Name}' does not exist.");
            var extended = Extended(topic, asked, await brokers.ListAsync(deadline));
            if (validateOnly) return Result(asked.Name, ErrorCode.None);
            if (!await topics.UpdateAsync(extended, deadline))
                return Result(asked.Name, ErrorCode.InvalidRequest, "The topic was changed at the same time; look at it and try again.");
            await controller.TopicRewrittenAsync(asked.Name, deadline);
            await metadata.WaitUntilAsync(snapshot => snapshot.Topics.TryGetValue(asked.Name, out var known) && known.Partitions.Count >= asked.Count
                && known.Partitions.Values.All(partition => partition.Partition < topic.Replicas.Count || partition.Leader >= 0), Timeout.InfiniteTimeSpan, deadline);
            return Result(asked.Name, ErrorCode.None);
        }
        catch (RequestRefusedException e)
        {
            return Result(asked.Name, e.Code, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Result(asked.Name, ErrorCode.RequestTimedOut);
        }
        catch (ZooKeeperException e)
        {
            return Result(asked.Name, e.Error == ZooKeeperError.SessionExpired ? ErrorCode.NotController : ErrorCode.UnknownServerError, e.Message);
        }
    }

    private static TopicAssignment Extended(TopicAssignment topic, CreatePartitionsRequest.CreatePartitionsTopic asked, IReadOnlyList<BrokerRegistration> live)
    {
        int before = topic.Replicas.Count, more = asked.Count - before;
        if (topic.Adding.Count > 0 || topic.Removing.Count > 0)
            throw new RequestRefusedException(ErrorCode.ReassignmentInProgress, "A partition of the topic is being reassigned.");
        if (more == 0) throw new RequestRefusedException(ErrorCode.InvalidPartitions, $"Topic already has {before} partitions.");
        if (more < 0)
            throw new RequestRefusedException(ErrorCode.InvalidPartitions, $"Topic currently has {before} partitions, which is higher than the requested {asked.Count}.");
        if (asked.Count > TopicCreation.MaxPartitions)
            throw new RequestRefusedException(ErrorCode.InvalidPartitions, $"A topic may have at most {TopicCreation.MaxPartitions} partitions.");
        var added = asked.Assignments is { } given ? Checked(given, before, more, topic, live) : Placed(topic, before, more, live);
        return topic with { Replicas = topic.Replicas.Concat(added).ToDictionary(entry => entry.Key, entry => entry.Value) };
    }

    private static Dictionary<int, int[]> Placed(TopicAssignment topic, int before, int more, IReadOnlyList<BrokerRegistration> live)
    {
        int factor = topic.Replicas[0].Length;
        if (factor > live.Count)
            throw new RequestRefusedException(ErrorCode.InvalidReplicationFactor, $"Replication factor: {factor} larger than available brokers: {live.Count}.");
        int start = Math.Max(0, live.Select(broker => broker.BrokerId).Order().ToList().IndexOf(topic.Replicas[0][0]));
        try
        {
            return ReplicaPlacement.Assign([.. live.Select(broker => new PlaceableBroker(broker.BrokerId, broker.Rack))], more, factor, start, start, before);
        }
        catch (ArgumentException e)
        {
            throw new RequestRefusedException(ErrorCode.InvalidReplicaAssignment, e.Message);
        }
    }

    private static Dictionary<int, int[]> Checked(
        List<CreatePartitionsRequest.CreatePartitionsAssignment> given, int before, int more, TopicAssignment topic, IReadOnlyList<BrokerRegistration> live)
    {
        if (given.Count != more)
            throw new RequestRefusedException(ErrorCode.InvalidReplicaAssignment, $"Increasing the number of partitions by {more} but {given.Count} assignments provided.");
        int factor = topic.Replicas[0].Length;
        var ids = live.Select(broker => broker.BrokerId).ToHashSet();
        var added = new Dictionary<int, int[]>(more);
        foreach (var assignment in given)
        {
            bool fits = assignment.BrokerIds.Count == factor && assignment.BrokerIds.Distinct().Count() == factor && assignment.BrokerIds.TrueForAll(ids.Contains);
            if (!fits)
                throw new RequestRefusedException(ErrorCode.InvalidReplicaAssignment, $"Each assignment must name {factor} different live brokers.");
            added[before + added.Count] = [.. assignment.BrokerIds];
        }
        return added;
    }

    private static CreatePartitionsResponse.CreatePartitionsTopicResult Result(string topic, ErrorCode error, string? message = null) =>
        new() { Name = topic, ErrorCode = error, ErrorMessage = message };
}
