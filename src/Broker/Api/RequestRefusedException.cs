using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>A request asked for something that cannot be done; carries the error code and the words for its answer.</summary>
public sealed class RequestRefusedException(ErrorCode code, string message) : Exception(message)
{
    public ErrorCode Code { get; } = code;
}
