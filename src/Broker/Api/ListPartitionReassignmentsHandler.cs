using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>What is being reassigned (KIP-455), on the controller only. A partition that is not, or does not exist, is left out of the answer.</summary>
public sealed class ListPartitionReassignmentsHandler(Controller.Controller controller, TimeProvider time)
    : RequestHandler<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>
{
    public override async ValueTask<HandlerResult<ListPartitionReassignmentsResponse>> HandleAsync(
        ListPartitionReassignmentsRequest request, RequestContext context)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 1)), time);
        var asked = request.Topics?.SelectMany(topic => topic.PartitionIndexes.Select(partition => new TopicPartition(topic.Name, partition))).ToHashSet();
        try
        {
            if (await controller.ReassignmentsAsync(deadline.Token) is not { } ongoing)
                return new ListPartitionReassignmentsResponse { ErrorCode = ErrorCode.NotController, ErrorMessage = null };
            return new ListPartitionReassignmentsResponse
            {
                ErrorMessage = null,
                Topics = [.. ongoing.Where(one => asked is null || asked.Contains(one.Partition)).GroupBy(one => one.Partition.Topic, StringComparer.Ordinal)
                    .Select(topic => new ListPartitionReassignmentsResponse.OngoingTopicReassignment
                    {
                        Name = topic.Key,
                        Partitions = [.. topic.Select(one => new ListPartitionReassignmentsResponse.OngoingPartitionReassignment
                        {
                            PartitionIndex = one.Partition.Partition,
                            Replicas = [.. one.Replicas],
                            AddingReplicas = [.. one.Adding],
                            RemovingReplicas = [.. one.Removing],
                        })],
                    })],
            };
        }
        catch (OperationCanceledException)
        {
            return new ListPartitionReassignmentsResponse { ErrorCode = ErrorCode.RequestTimedOut, ErrorMessage = null };
        }
    }
}
