using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Moves partitions to other brokers, or cancels that (KIP-455), on the controller only. The answer says that the move has begun; how far it is
/// ListPartitionReassignments tells.
/// </summary>
public sealed class AlterPartitionReassignmentsHandler(Controller.Controller controller, TimeProvider time)
    : RequestHandler<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>
{
    public override async ValueTask<HandlerResult<AlterPartitionReassignmentsResponse>> HandleAsync(
        AlterPartitionReassignmentsRequest request, RequestContext context)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 1)), time);
        var wishes = new Dictionary<TopicPartition, int[]?>();
        foreach (var topic in request.Topics)
            foreach (var partition in topic.Partitions)
                if (!wishes.TryAdd(new TopicPartition(topic.Name, partition.PartitionIndex), partition.Replicas?.ToArray()))
                    return Refused(ErrorCode.InvalidRequest, $"The partition {topic.Name}-{partition.PartitionIndex} is named twice in the request.");
        try
        {
            if (await controller.ReassignAsync(wishes, deadline.Token) is not { } outcomes) return Refused(ErrorCode.NotController, null);
            return new AlterPartitionReassignmentsResponse
            {
                ErrorMessage = null,
                Responses = request.Topics.ConvertAll(topic => new AlterPartitionReassignmentsResponse.ReassignableTopicResponse
                {
                    Name = topic.Name,
                    Partitions = topic.Partitions.ConvertAll(partition =>
                    {
                        var outcome = outcomes[new TopicPartition(topic.Name, partition.PartitionIndex)];
                        return new AlterPartitionReassignmentsResponse.ReassignablePartitionResponse
                        {
                            PartitionIndex = partition.PartitionIndex,
                            ErrorCode = outcome.Error,
                            ErrorMessage = outcome.Message,
                        };
                    }),
                }),
            };
        }
        catch (OperationCanceledException)
        {
            return Refused(ErrorCode.RequestTimedOut, "The controller did not come to it in time; it may still begin.");
        }
    }

    private static AlterPartitionReassignmentsResponse Refused(ErrorCode error, string? message) => new() { ErrorCode = error, ErrorMessage = message };
}
