using System.Net;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Network;

/// <summary>What the network part says in the log.</summary>
internal static partial class NetworkLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener} bound to {Address}")]
    public static partial void Bound(ILogger log, string listener, EndPoint address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Closed the connection of {Remote} on {Listener}: {Reason} ({Suppressed} similar lines left out)")]
    public static partial void Closed(ILogger log, EndPoint? remote, string listener, string reason, int suppressed);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request of {Remote} failed unexpectedly; its connection is closed")]
    public static partial void HandlerFailed(ILogger log, EndPoint? remote, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a connection of {Remote} on {Listener}: {Reason} ({Suppressed} similar lines left out)")]
    public static partial void Refused(ILogger log, EndPoint? remote, string listener, string reason, int suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Accepting on {Listener} failed, trying again: {Reason}")]
    public static partial void AcceptFailed(ILogger log, string listener, string reason);
}
