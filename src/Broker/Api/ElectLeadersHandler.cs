using ClassicBroker.Broker.Controller;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Holds elections somebody asks for (KIP-460), on the controller only: 0 back to the preferred replica, 1 a leader outside the ISR where nobody else is alive.
/// The answer waits until this broker's metadata has a leader for every partition elected. Asked for all partitions, it names only those that were elected or
/// could not be.
/// </summary>
public sealed class ElectLeadersHandler(Controller.Controller controller, MetadataCache metadata, TimeProvider time)
    : RequestHandler<ElectLeadersRequest, ElectLeadersResponse>
{
    public override async ValueTask<HandlerResult<ElectLeadersResponse>> HandleAsync(ElectLeadersRequest request, RequestContext context)
    {
        var asked = request.TopicPartitions?.SelectMany(topic => topic.Partitions.Select(partition => new TopicPartition(topic.Topic, partition))).Distinct().ToList();
        if (!Enum.IsDefined((ElectionKind)request.ElectionType)) return All(asked, ErrorCode.InvalidRequest, "The election type is neither 0 (preferred) nor 1 (unclean).");
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 1)), time);
        IReadOnlyDictionary<TopicPartition, RequestOutcome>? outcomes;
        try
        {
            outcomes = await controller.ElectAsync((ElectionKind)request.ElectionType, asked, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            return All(asked, ErrorCode.RequestTimedOut, null);
        }
        if (outcomes is null) return All(asked, ErrorCode.NotController, "This is not the correct controller for this cluster.");
        var elected = outcomes.Where(outcome => outcome.Value.Error == ErrorCode.None).Select(outcome => outcome.Key).ToList();
        var late = await LateAsync(elected, deadline.Token);
        return Answer(outcomes.Where(outcome => asked is not null || outcome.Value.Error != ErrorCode.ElectionNotNeeded)
            .Select(outcome => (outcome.Key, late.Contains(outcome.Key) ? new RequestOutcome(ErrorCode.RequestTimedOut) : outcome.Value)));
    }

    private async Task<HashSet<TopicPartition>> LateAsync(List<TopicPartition> elected, CancellationToken deadline)
    {
        try
        {
            await metadata.WaitUntilAsync(snapshot => elected.TrueForAll(partition => IsLed(snapshot, partition)), Timeout.InfiniteTimeSpan, deadline);
        }
        catch (OperationCanceledException)
        {
            var now = metadata.Current;
            return [.. elected.Where(partition => !IsLed(now, partition))];
        }
        return [];
    }

    private static bool IsLed(MetadataSnapshot snapshot, TopicPartition partition) =>
        snapshot.Topics.TryGetValue(partition.Topic, out var topic) && topic.Partitions.TryGetValue(partition.Partition, out var known) && known.Leader >= 0;

    private static ElectLeadersResponse All(List<TopicPartition>? asked, ErrorCode error, string? message)
    {
        var answer = Answer((asked ?? []).Select(partition => (partition, new RequestOutcome(error, message))));
        answer.ErrorCode = error;
        return answer;
    }

    private static ElectLeadersResponse Answer(IEnumerable<(TopicPartition Partition, RequestOutcome Outcome)> outcomes) => new()
    {
        ReplicaElectionResults = [.. outcomes.GroupBy(one => one.Partition.Topic, StringComparer.Ordinal).Select(topic => new ElectLeadersResponse.ReplicaElectionResult
        {
            Topic = topic.Key,
            PartitionResult = [.. topic.Select(one => new ElectLeadersResponse.PartitionResult
            {
                PartitionId = one.Partition.Partition,
                ErrorCode = one.Outcome.Error,
                ErrorMessage = one.Outcome.Message,
            })],
        })],
    };
}
