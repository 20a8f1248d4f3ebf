using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Creates topics, on the controller only. The answer waits until this broker's own metadata has a leader for every partition, so that a
/// client that asks next finds the topic; when that takes longer than the request allows, the topic may still appear later.
/// </summary>
public sealed class CreateTopicsHandler(
    Controller.Controller controller, TopicCreation creation, MetadataCache metadata, BrokerOptions options, TimeProvider time)
    : RequestHandler<CreateTopicsRequest, CreateTopicsResponse>
{
    public override async ValueTask<HandlerResult<CreateTopicsResponse>> HandleAsync(CreateTopicsRequest request, RequestContext context)
    {
        if (!controller.IsActive)
            return new CreateTopicsResponse { Topics = [.. request.Topics.Select(topic => Failed(topic.Name, ErrorCode.NotController, null))] };
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 1)), time);
        var twice = request.Topics.CountBy(topic => topic.Name, StringComparer.Ordinal).Where(entry => entry.Value > 1).Select(entry => entry.Key).ToHashSet();
        var response = new CreateTopicsResponse();
        foreach (var topic in request.Topics.Where(topic => twice.Contains(topic.Name)))
            response.Topics.Add(Failed(topic.Name, ErrorCode.InvalidRequest, "Found multiple entries for this topic."));
        var created = await Task.WhenAll(request.Topics.Where(topic => !twice.Contains(topic.Name))
            .Select(topic => CreateAsync(topic, request, deadline.Token)));
        response.Topics.AddRange(created);
        return response;
    }

    private async Task<CreateTopicsResponse.CreatableTopicResult> CreateAsync(
        CreateTopicsRequest.CreatableTopic topic, CreateTopicsRequest request, CancellationToken deadline)
    {
        try
        {
            var wanted = Wanted(topic);
            var result = await creation.CreateAsync(wanted, request.ValidateOnly, deadline);
            if (result.Topic is not { } created) return Failed(topic.Name, result.Error, result.Message);
            if (!request.ValidateOnly && !await HasLeadersAsync(created.Topic, created.TopicId, created.Replicas.Count, deadline))
                return Failed(topic.Name, ErrorCode.RequestTimedOut, "The topic is created but has no leaders yet.");
            return new CreateTopicsResponse.CreatableTopicResult
            {
                Name = topic.Name,
                TopicId = request.ValidateOnly ? Guid.Empty : created.TopicId,
                ErrorMessage = null,
                NumPartitions = created.Replicas.Count,
                ReplicationFactor = (short)created.Replicas[0].Length,
                Configs = [.. EffectiveTopicConfig.Of(wanted.Config, options.AsWritten).Select(setting => new CreateTopicsResponse.CreatableTopicConfigs
                {
                    Name = setting.Name,
                    Value = setting.Value,
                    ConfigSource = setting.Source,
                })],
            };
        }
        catch (RequestRefusedException e)
        {
            return Failed(topic.Name, e.Code, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Failed(topic.Name, ErrorCode.RequestTimedOut, null);
        }
    }

    private Task<bool> HasLeadersAsync(string topic, Guid id, int partitions, CancellationToken deadline) => metadata.WaitUntilAsync(
        snapshot => snapshot.Topics.TryGetValue(topic, out var known) && known.TopicId == id && known.Partitions.Count >= partitions
            && known.Partitions.Values.All(partition => partition.Leader >= 0),
        Timeout.InfiniteTimeSpan, deadline);

    private static NewTopic Wanted(CreateTopicsRequest.CreatableTopic topic)
    {
        bool byHand = topic.Assignments.Count > 0;
        if (byHand && (topic.NumPartitions != -1 || topic.ReplicationFactor != -1))
            throw new RequestRefusedException(ErrorCode.InvalidRequest,
                "Both numPartitions or replicationFactor and replicasAssignments were set. Both cannot be used at the same time.");
        if (topic.NumPartitions is 0 or < -1 && !byHand)
            throw new RequestRefusedException(ErrorCode.InvalidPartitions, "Number of partitions must be larger than 0.");
        var assignment = new Dictionary<int, int[]>();
        foreach (var partition in topic.Assignments)
            if (!assignment.TryAdd(partition.PartitionIndex, [.. partition.BrokerIds]))
                throw new RequestRefusedException(ErrorCode.InvalidReplicaAssignment, $"Partition {partition.PartitionIndex} is assigned twice.");
        var config = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in topic.Configs)
            if (!config.TryAdd(entry.Name, entry.Value ?? throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Null value not supported for topic configs: {entry.Name}")))
                throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Topic config {entry.Name} is set twice.");
        return new NewTopic(topic.Name, topic.NumPartitions, topic.ReplicationFactor) { Assignment = byHand ? assignment : null, Config = config };
    }

    private static CreateTopicsResponse.CreatableTopicResult Failed(string name, ErrorCode error, string? message) =>
        new() { Name = name, ErrorCode = error, ErrorMessage = message, Configs = [] };
}
