using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// The ranges ApiVersions lists. Filled once by the dispatcher from its own table, so that what is told is what is served.
/// </summary>
public sealed class ServedApis
{
    private volatile IReadOnlyList<IRequestHandler> _handlers = [];

    public void Publish(IReadOnlyList<IRequestHandler> handlers) => _handlers = handlers;

    /// <summary>A new list for each answer, ascending by key.</summary>
    public List<ApiVersionsResponse.ApiVersion> Ranges() =>
    [
        .. _handlers.OrderBy(h => (short)h.ApiKey).Select(h => new ApiVersionsResponse.ApiVersion
        {
            ApiKey = (short)h.ApiKey,
            MinVersion = h.AdvertisedMinVersion,
            MaxVersion = h.MaxVersion,
        }),
    ];
}
