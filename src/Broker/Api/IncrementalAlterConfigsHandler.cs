using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>Sets, deletes, appends to or subtracts from single settings of topics and brokers (KIP-339). Each resource on its own; one named twice is refused.</summary>
public sealed class IncrementalAlterConfigsHandler(ConfigResources resources) : RequestHandler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
{
    public override async ValueTask<HandlerResult<IncrementalAlterConfigsResponse>> HandleAsync(IncrementalAlterConfigsRequest request, RequestContext context)
    {
        var twice = request.Resources.CountBy(resource => (resource.ResourceType, resource.ResourceName)).Where(entry => entry.Value > 1).Select(entry => entry.Key).ToHashSet();
        var response = new IncrementalAlterConfigsResponse();
        foreach (var resource in request.Resources)
        {
            var changes = resource.Configs.ConvertAll(config => new ConfigAlteration(config.Name, (ConfigOperation)config.ConfigOperation, config.Value));
            var outcome = twice.Contains((resource.ResourceType, resource.ResourceName))
                ? new ConfigOutcome(ErrorCode.InvalidRequest, "Each resource must appear at most once.")
                : await resources.AlterAsync(resource.ResourceType, resource.ResourceName, changes, request.ValidateOnly);
            response.Responses.Add(new IncrementalAlterConfigsResponse.AlterConfigsResourceResponse
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
