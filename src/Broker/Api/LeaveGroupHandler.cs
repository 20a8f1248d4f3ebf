using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>LeaveGroup: a member goes, or (from version 3 on) an administrator removes several.</summary>
public sealed class LeaveGroupHandler(GroupCoordinator groups) : RequestHandler<LeaveGroupRequest, LeaveGroupResponse>
{
    private const short Batched = 3;

    public override ValueTask<HandlerResult<LeaveGroupResponse>> HandleAsync(LeaveGroupRequest request, RequestContext context)
    {
        if (context.ApiVersion < Batched)
        {
            var (error, members) = groups.Leave(request.GroupId, [(request.MemberId, null)]);
            return new(new LeaveGroupResponse { ErrorCode = error == ErrorCode.None ? members[0] : error });
        }
        var (top, each) = groups.Leave(request.GroupId, request.Members.ConvertAll(m => (m.MemberId, m.GroupInstanceId)));
        return new(new LeaveGroupResponse
        {
            ErrorCode = top,
            Members = [.. each.Select((error, i) => new LeaveGroupResponse.MemberResponse
            {
                MemberId = request.Members[i].MemberId, GroupInstanceId = request.Members[i].GroupInstanceId, ErrorCode = error,
            })],
        });
    }
}
