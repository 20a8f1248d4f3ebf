using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>JoinGroup: enters a consumer group; the answer comes when the generation begins.</summary>
public sealed class JoinGroupHandler(GroupCoordinator groups) : RequestHandler<JoinGroupRequest, JoinGroupResponse>
{
    /// <summary>First version whose clients come back with an id they were given (KIP-394).</summary>
    private const short KnowsMemberIdRequired = 4;

    /// <summary>First version with a rebalance timeout of its own, with nullable protocol names, with skipped assignments.</summary>
    private const short HasRebalanceTimeout = 1, NullableProtocol = 7, SkipsAssignment = 9;

    public override async ValueTask<HandlerResult<JoinGroupResponse>> HandleAsync(JoinGroupRequest request, RequestContext context)
    {
        var version = context.ApiVersion;
        var result = await groups.JoinAsync(request.GroupId, new JoinCall(
            request.MemberId, request.GroupInstanceId, context.ClientId ?? "", context.ClientHost, request.SessionTimeoutMs,
            version >= HasRebalanceTimeout ? request.RebalanceTimeoutMs : request.SessionTimeoutMs,
            request.ProtocolType, request.Protocols.ConvertAll(p => new MemberProtocol(p.Name, p.Metadata)),
            RequireKnownId: version >= KnowsMemberIdRequired, SupportsSkippingAssignment: version >= SkipsAssignment));
        return new JoinGroupResponse
        {
            ErrorCode = result.Error,
            GenerationId = result.Generation,
            ProtocolType = result.ProtocolType,
            ProtocolName = version >= NullableProtocol ? result.Protocol : result.Protocol ?? "",
            Leader = result.Leader,
            SkipAssignment = result.SkipAssignment,
            MemberId = result.MemberId,
            Members = [.. result.Members.Select(m => new JoinGroupResponse.JoinGroupResponseMember { MemberId = m.Id, GroupInstanceId = m.InstanceId, Metadata = m.Metadata })],
        };
    }
}
