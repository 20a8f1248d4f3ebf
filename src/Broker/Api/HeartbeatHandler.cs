using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>Heartbeat: the member lives, and learns whether it must join again.</summary>
public sealed class HeartbeatHandler(GroupCoordinator groups) : RequestHandler<HeartbeatRequest, HeartbeatResponse>
{
    public override ValueTask<HandlerResult<HeartbeatResponse>> HandleAsync(HeartbeatRequest request, RequestContext context) =>
        new(new HeartbeatResponse { ErrorCode = groups.Heartbeat(request.GroupId, request.MemberId, request.GroupInstanceId, request.GenerationId) });
}
