using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>Replaces the whole configuration of topics and brokers: what is not named goes back to the default. Kept for older clients. Each resource on its own; one named twice is refused.</summary>
public sealed class AlterConfigsHandler(ConfigResources resources) : RequestHandler<AlterConfigsRequest, AlterConfigsResponse>
{
    public override async ValueTask<HandlerResult<AlterConfigsResponse>> HandleAsync(AlterConfigsRequest request, RequestContext context)
    {
        var twice = request.Resources.CountBy(resource => (resource.ResourceType, resource.ResourceName)).Where(entry => entry.Value > 1).Select(entry => entry.Key).ToHashSet();
        var response = new AlterConfigsResponse();
        foreach (var resource in request.Resources)
        {
            var changes = resource.Configs.ConvertAll(config => new ConfigAlteration(config.Name, ConfigOperation.Set, config.Value));
            var outcome = twice.Contains((resource.ResourceType, resource.ResourceName))
                ? new ConfigOutcome(ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : await resources.ReplaceAsync(resource.ResourceType, resource.ResourceName, changes, request.ValidateOnly);
            response.Responses.Add(new AlterConfigsResponse.AlterConfigsResourceResponse
            {
                ErrorCode = outcome.Error,
                ErrorMessage = outcome.Message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            });
        }
        return response;
    }
}
