using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Which broker coordinates a group or a transactional id. There are no coordinators yet: the answer is COORDINATOR_NOT_AVAILABLE, which
/// clients retry, so nothing breaks for good. Other kinds of keys (share groups) are not ours to coordinate: INVALID_REQUEST.
/// </summary>
public sealed class FindCoordinatorHandler : RequestHandler<FindCoordinatorRequest, FindCoordinatorResponse>
{
    /// <summary>First version with several keys.</summary>
    private const short Batched = 4;

    private const sbyte Group = 0, Transaction = 1;

    public override ValueTask<HandlerResult<FindCoordinatorResponse>> HandleAsync(FindCoordinatorRequest request, RequestContext context)
    {
        var (error, message) = request.KeyType switch
        {
            Group => (ErrorCode.CoordinatorNotAvailable, "This broker does not coordinate consumer groups yet."),
            Transaction => (ErrorCode.CoordinatorNotAvailable, "This broker does not coordinate transactions yet."),
            var other => (ErrorCode.InvalidRequest, $"Coordinator key type {other} is not one of 0 (group) and 1 (transaction)."),
        };
        if (context.ApiVersion < Batched)
        {
            return new(new FindCoordinatorResponse { ErrorCode = error, ErrorMessage = message, NodeId = -1, Host = "", Port = -1 });
        }

        return new(new FindCoordinatorResponse
        {
            Coordinators = request.CoordinatorKeys.ConvertAll(key => new FindCoordinatorResponse.Coordinator
            {
                Key = key,
                NodeId = -1,
                Host = "",
                Port = -1,
                ErrorCode = error,
                ErrorMessage = message,
            }),
        });
    }
}
