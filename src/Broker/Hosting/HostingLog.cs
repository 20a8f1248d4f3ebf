using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>What start and stop say in the log.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Configuration: {Warning}")]
    public static partial void Configuration(ILogger log, string warning);

    [LoggerMessage(Level = LogLevel.Information, Message = "Broker {BrokerId} of cluster {ClusterId} starts; data in {Directories}")]
    public static partial void Starting(ILogger log, int brokerId, string clusterId, string directories);

    [LoggerMessage(Level = LogLevel.Information, Message = "Registered broker {BrokerId} with broker epoch {BrokerEpoch}: {Endpoints}")]
    public static partial void Registered(ILogger log, int brokerId, BrokerEpoch brokerEpoch, string endpoints);

    [LoggerMessage(Level = LogLevel.Information, Message = "Broker {BrokerId} serves; registered {Registered:F0} ms and serving {Serving:F0} ms after process start")]
    public static partial void Serving(ILogger log, int brokerId, double registered, double serving);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The registration of broker {BrokerId} is gone ({Reason}); registering again")]
    public static partial void RegistrationLost(ILogger log, int brokerId, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Registering broker {BrokerId} failed, trying again: {Reason}")]
    public static partial void RegistrationFailed(ILogger log, int brokerId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping broker {BrokerId}: {Reason}")]
    public static partial void Stopping(ILogger log, int brokerId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Controlled shutdown: {Remaining} partitions led here may still find another leader, asking controller {ControllerId} again")]
    public static partial void StillLeading(ILogger log, int remaining, int controllerId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Controlled shutdown done: nothing more can be handed over")]
    public static partial void HandedOver(ILogger log);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Controlled shutdown not possible: {Reason}")]
    public static partial void NotHandedOver(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stop step '{Step}' failed: {Reason}")]
    public static partial void StopStepFailed(ILogger log, string step, string reason, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Broker {BrokerId} stopped")]
    public static partial void Stopped(ILogger log, int brokerId);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The broker cannot start: {Reason}")]
    public static partial void CannotStart(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The broker failed")]
    public static partial void Failed(ILogger log, Exception exception);
}
