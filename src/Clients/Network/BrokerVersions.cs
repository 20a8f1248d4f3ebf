using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Network;

/// <summary>The version ranges one broker told us with ApiVersions, and the choice of a version both sides speak. Immutable.</summary>
public sealed class BrokerVersions
{
    private readonly Dictionary<ApiKey, (short Min, short Max)> ranges = [];

    public BrokerVersions(ApiVersionsResponse answer)
    {
        foreach (ApiVersionsResponse.ApiVersion range in answer.ApiKeys)
            ranges[(ApiKey)range.ApiKey] = (range.MinVersion, range.MaxVersion);
    }

    /// <summary>The range the broker serves; null when it does not serve the API.</summary>
    public (short Min, short Max)? RangeOf(ApiKey key) => ranges.TryGetValue(key, out (short, short) range) ? range : null;

    /// <summary>The highest version both speak.</summary>
    /// <param name="atMost">For callers whose code knows only versions up to here.</param>
    /// <exception cref="ProtocolException">There is none; the message tells both ranges.</exception>
    public short Pick<TRequest, TResponse>(short atMost = short.MaxValue)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        short ours = Math.Min(TRequest.MaxVersion, atMost);
        if (RangeOf(TRequest.ApiKey) is not { } range)
            throw new ProtocolException($"the broker does not serve {TRequest.ApiKey}");
        short version = Math.Min(ours, range.Max);
        return version >= TRequest.MinVersion && version >= range.Min
            ? version
            : throw new ProtocolException(
                $"{TRequest.ApiKey}: the broker serves {range.Min}-{range.Max}, we speak {TRequest.MinVersion}-{ours}");
    }
}
