using System.Text.RegularExpressions;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Tells a client which versions are served: always the first request of a connection. From version 3 on the client names its software; a
/// name that is not a plain word is refused with INVALID_REQUEST (KIP-511), because names end up in metrics and logs.
/// Versions beyond ours are answered by the dispatcher.
/// </summary>
public sealed partial class ApiVersionsHandler(ServedApis served) : RequestHandler<ApiVersionsRequest, ApiVersionsResponse>
{
    public override ValueTask<HandlerResult<ApiVersionsResponse>> HandleAsync(ApiVersionsRequest request, RequestContext context)
    {
        if (context.ApiVersion >= 3 && !(IsPlainName(request.ClientSoftwareName) && IsPlainName(request.ClientSoftwareVersion)))
        {
            return new(new ApiVersionsResponse { ErrorCode = ErrorCode.InvalidRequest });
        }

        return new(new ApiVersionsResponse { ApiKeys = served.Ranges() });
    }

    private static bool IsPlainName(string text) => PlainName().IsMatch(text);

    // KIP-511: letters and digits, with - and . inside.
    [GeneratedRegex(@"\A[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName();
}
