using ClassicBroker.Broker.Groups;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>DeleteGroups: groups without members go, with their offsets.</summary>
public sealed class DeleteGroupsHandler(GroupCoordinator groups) : RequestHandler<DeleteGroupsRequest, DeleteGroupsResponse>
{
    public override async ValueTask<HandlerResult<DeleteGroupsResponse>> HandleAsync(DeleteGroupsRequest request, RequestContext context)
    {
        var response = new DeleteGroupsResponse();
        foreach (var id in request.GroupsNames.Distinct(StringComparer.Ordinal))
            response.Results.Add(new DeleteGroupsResponse.DeletableGroupResult { GroupId = id, ErrorCode = await groups.DeleteAsync(id) });
        return response;
    }
}
