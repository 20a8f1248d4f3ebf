using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>ListGroups: the groups coordinated by this broker, by state and type where the client asks so. All are of the classic type.</summary>
public sealed class ListGroupsHandler(GroupCoordinator groups) : RequestHandler<ListGroupsRequest, ListGroupsResponse>
{
    private const string Classic = "classic";

    public override ValueTask<HandlerResult<ListGroupsResponse>> HandleAsync(ListGroupsRequest request, RequestContext context)
    {
        var (error, all) = groups.List();
        var wanted = request.TypesFilter.Count == 0 || request.TypesFilter.Contains(Classic, StringComparer.OrdinalIgnoreCase) ? all : [];
        return new(new ListGroupsResponse
        {
            ErrorCode = error,
            Groups = [.. wanted
                .Where(g => request.StatesFilter.Count == 0 || request.StatesFilter.Contains(g.Phase.ToString(), StringComparer.OrdinalIgnoreCase))
                .Select(g => new ListGroupsResponse.ListedGroup { GroupId = g.Id, ProtocolType = g.ProtocolType, GroupState = g.Phase.ToString(), GroupType = Classic })],
        });
    }
}
