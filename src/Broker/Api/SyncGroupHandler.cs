using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>SyncGroup: the leader hands in the assignment, every member gets its own.</summary>
public sealed class SyncGroupHandler(GroupCoordinator groups) : RequestHandler<SyncGroupRequest, SyncGroupResponse>
{
    /// <summary>First version that must name protocol type and protocol, so that a mix-up is noticed (KIP-559).</summary>
    private const short NamesProtocol = 5;

    public override async ValueTask<HandlerResult<SyncGroupResponse>> HandleAsync(SyncGroupRequest request, RequestContext context)
    {
        if (context.ApiVersion >= NamesProtocol && (request.ProtocolType is null || request.ProtocolName is null))
            return new SyncGroupResponse { ErrorCode = ErrorCode.InconsistentGroupProtocol };
        var assignments = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var one in request.Assignments) assignments[one.MemberId] = one.Assignment;
        var result = await groups.SyncAsync(request.GroupId, new SyncCall(
            request.MemberId, request.GroupInstanceId, request.GenerationId, request.ProtocolType, request.ProtocolName, assignments));
        return new SyncGroupResponse
        {
            ErrorCode = result.Error, ProtocolType = result.ProtocolType, ProtocolName = result.Protocol, Assignment = result.Assignment,
        };
    }
}
