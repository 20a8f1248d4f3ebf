using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>DescribeGroups: state, members and assignments of groups coordinated here. A group nobody made is Dead.</summary>
public sealed class DescribeGroupsHandler(GroupCoordinator groups) : RequestHandler<DescribeGroupsRequest, DescribeGroupsResponse>
{
    public override ValueTask<HandlerResult<DescribeGroupsResponse>> HandleAsync(DescribeGroupsRequest request, RequestContext context) =>
        new(new DescribeGroupsResponse { Groups = request.Groups.ConvertAll(id => Describe(id, request.IncludeAuthorizedOperations)) });

    private DescribeGroupsResponse.DescribedGroup Describe(string id, bool withOperations)
    {
        var (error, view) = groups.Describe(id);
        return new DescribeGroupsResponse.DescribedGroup
        {
            ErrorCode = error,
            GroupId = id,
            GroupState = error == Clients.Protocol.ErrorCode.None ? view.Phase.ToString() : "",
            ProtocolType = view.ProtocolType,
            ProtocolData = view.Protocol,
            AuthorizedOperations = withOperations ? AuthorizedOperations.AllOnGroup : AuthorizedOperations.NotAsked,
            Members = [.. view.Members.Select(m => new DescribeGroupsResponse.DescribedGroupMember
            {
                MemberId = m.Id,
                GroupInstanceId = m.InstanceId,
                ClientId = m.ClientId,
                ClientHost = m.ClientHost,
                MemberMetadata = m.Metadata,
                MemberAssignment = m.Assignment,
            })],
        };
    }
}
