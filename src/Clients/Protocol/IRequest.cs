namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// A request and the response that belongs to it. The range is what we can encode and decode; what a broker advertises is a choice
/// of its handlers and may be narrower.
/// </summary>
public interface IRequest<TResponse> : IMessage where TResponse : IMessage, new()
{
    static abstract ApiKey ApiKey { get; }
    static abstract short MinVersion { get; }
    static abstract short MaxVersion { get; }

    /// <summary>First version with compact lengths and tagged fields; <see cref="ApiKeyTable.NeverFlexible"/> when there is none.</summary>
    static abstract short FlexibleFrom { get; }
}
