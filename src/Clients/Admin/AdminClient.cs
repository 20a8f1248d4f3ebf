using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Admin;

/// <summary>
/// Creates, deletes and describes. Calls that only the controller serves find it, and ask again when it moved meanwhile.
/// Results are per topic: one wrong name does not hide the others' success.
/// </summary>
public sealed class AdminClient : IAsyncDisposable
{
    /// <summary>Stands for the high watermark in <see cref="DeleteRecordsAsync"/>.</summary>
    public const long ToHighWatermark = -1;

    private readonly ClusterMetadata cluster;
    private readonly OffsetLookup offsets;

    public AdminClient(ClusterOptions options, TimeProvider? time = null)
    {
        cluster = new ClusterMetadata(options, time);
        offsets = new OffsetLookup(cluster);
    }

    /// <param name="timeout">How long the broker may wait for the topics to be ready everywhere.</param>
    /// <param name="validateOnly">Checks everything and creates nothing.</param>
    public async Task<IReadOnlyList<TopicResult>> CreateTopicsAsync(
        IReadOnlyCollection<NewTopic> topics, TimeSpan? timeout = null, bool validateOnly = false, CancellationToken ct = default)
    {
        var request = new CreateTopicsRequest
        {
            Topics = [.. topics.Select(topic => topic.ToRequest())],
            TimeoutMs = (int)(timeout ?? TimeSpan.FromSeconds(30)).TotalMilliseconds,
            ValidateOnly = validateOnly,
        };
        CreateTopicsResponse answer = await AskControllerAsync<CreateTopicsRequest, CreateTopicsResponse>(
            request, response => response.Topics.Select(topic => topic.ErrorCode), ct).ConfigureAwait(false);
        return [.. answer.Topics.Select(topic => new TopicResult(topic.Name, topic.TopicId, topic.ErrorCode, topic.ErrorMessage))];
    }

    public async Task<IReadOnlyList<TopicResult>> DeleteTopicsAsync(
        IReadOnlyCollection<string> topics, TimeSpan? timeout = null, CancellationToken ct = default)
    {
        var request = new DeleteTopicsRequest
        {
            TopicNames = [.. topics],
            Topics = [.. topics.Select(name => new DeleteTopicsRequest.DeleteTopicState { Name = name })],
            TimeoutMs = (int)(timeout ?? TimeSpan.FromSeconds(30)).TotalMilliseconds,
        };
        DeleteTopicsResponse answer = await AskControllerAsync<DeleteTopicsRequest, DeleteTopicsResponse>(
            request, response => response.Responses.Select(topic => topic.ErrorCode), ct).ConfigureAwait(false);
        return [.. answer.Responses.Select(topic => new TopicResult(topic.Name ?? "", topic.TopicId, topic.ErrorCode, topic.ErrorMessage))];
    }

    /// <summary>Brokers and controller as one broker sees them now.</summary>
    public Task<ClusterSnapshot> DescribeClusterAsync(CancellationToken ct = default) =>
        cluster.Retries.RunAsync(token => cluster.RefreshAsync([], ct: token), ct);

    /// <summary>Topics as one broker sees them now, by name; one that does not exist carries its error.</summary>
    /// <param name="topics">null describes all</param>
    public async Task<IReadOnlyList<TopicView>> DescribeTopicsAsync(
        IReadOnlyCollection<string>? topics = null, CancellationToken ct = default)
    {
        ClusterSnapshot snapshot = await cluster.Retries
            .RunAsync(token => cluster.RefreshAsync(topics, ct: token), ct).ConfigureAwait(false);
        return topics is null
            ? [.. snapshot.Topics.Values]
            : [.. topics.Select(name => snapshot.Topics.GetValueOrDefault(name) ?? TopicView.Unknown(name))];
    }

    /// <summary>Offsets by timestamp, or by <see cref="OffsetLookup.Earliest"/> and <see cref="OffsetLookup.Latest"/>.</summary>
    public async Task<IReadOnlyDictionary<TopicPartition, FoundOffset>> ListOffsetsAsync(
        IReadOnlyDictionary<TopicPartition, long> timestamps, CancellationToken ct = default)
    {
        var found = new Dictionary<TopicPartition, FoundOffset>();
        foreach ((TopicPartition partition, long timestamp) in timestamps)
            found[partition] = await offsets.FindAsync(partition, timestamp, ct).ConfigureAwait(false);
        return found;
    }

    /// <summary>
    /// Deletes the records below an offset of each partition (<see cref="ToHighWatermark"/>: all that are committed). Each leader is asked once;
    /// errors are per partition.
    /// </summary>
    /// <param name="timeout">how long a leader may wait for its followers to have done the same</param>
    public async Task<IReadOnlyList<DeletedRecords>> DeleteRecordsAsync(
        IReadOnlyDictionary<TopicPartition, long> before, TimeSpan? timeout = null, CancellationToken ct = default)
    {
        var results = new List<DeletedRecords>();
        foreach ((TopicPartition partition, long offset) in before)
        {
            var request = new DeleteRecordsRequest
            {
                TimeoutMs = (int)(timeout ?? TimeSpan.FromSeconds(30)).TotalMilliseconds,
                Topics = [new() { Name = partition.Topic, Partitions = [new() { PartitionIndex = partition.Partition, Offset = offset }] }],
            };
            results.Add(await cluster.Retries.RunAsync(async token =>
            {
                await cluster.RefreshAsync([partition.Topic], ct: token).ConfigureAwait(false);
                BrokerConnection leader = await cluster.ToLeaderAsync(partition, token).ConfigureAwait(false);
                DeleteRecordsResponse answer = await leader.SendAsync<DeleteRecordsRequest, DeleteRecordsResponse>(request, token).ConfigureAwait(false);
                DeleteRecordsResponse.DeleteRecordsPartitionResult result = answer.Topics.SelectMany(topic => topic.Partitions).FirstOrDefault()
                    ?? throw new ProtocolException($"DeleteRecords answer lacks {partition}");
                if (result.ErrorCode.IsInvalidMetadata()) throw new BrokerErrorException(result.ErrorCode, $"records of {partition}");
                return new DeletedRecords(partition, result.LowWatermark, result.ErrorCode);
            }, ct).ConfigureAwait(false));
        }
        return results;
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    /// <summary>Sends to the controller; an answer of nothing but NOT_CONTROLLER came from one that no longer is.</summary>
    private Task<TResponse> AskControllerAsync<TRequest, TResponse>(
        TRequest request, Func<TResponse, IEnumerable<ErrorCode>> errors, CancellationToken ct)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new() =>
        cluster.Retries.RunAsync(async token =>
        {
            BrokerConnection controller = await cluster.ToControllerAsync(token).ConfigureAwait(false);
            TResponse answer = await controller.SendAsync<TRequest, TResponse>(request, token).ConfigureAwait(false);
            if (errors(answer).Any(code => code == ErrorCode.NotController))
                throw new BrokerErrorException(ErrorCode.NotController, TRequest.ApiKey.ToString());
            return answer;
        }, ct);
}
