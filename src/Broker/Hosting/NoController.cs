using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Hosting;

/// <summary>Stands where the controller will: refuses everything.</summary>
internal sealed class NoController : IControllerRequests, IAutoTopicCreation
{
    public ValueTask<ControlledShutdownAnswer> ShutDownAsync(ControlledShutdownOrder order, CancellationToken ct) =>
        new(new ControlledShutdownAnswer { ErrorCode = (short)ErrorCode.NotController });

    public ValueTask<ErrorCode> CreateAsync(string topic, CancellationToken ct) => new(ErrorCode.UnknownTopicOrPartition);
}
