namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// The seam between the controller and the network: one order out, one answer back. Order of delivery (per broker, one in
/// flight) is the caller's business; a failure of any kind is a <see cref="BrokerChannelException"/>.
/// </summary>
public interface IBrokerChannel
{
    Task<TAnswer> SendAsync<TOrder, TAnswer>(BrokerAddress to, TOrder order, CancellationToken ct)
        where TOrder : class
        where TAnswer : class, IControlPlaneAnswer;
}

/// <summary>Where a broker listens for orders: the host and port of its <c>CONTROLPLANE</c> listener.</summary>
public readonly record struct BrokerAddress(int BrokerId, string Host, int Port);

/// <summary>The order may or may not have arrived: not connected, connection lost, deadline passed, or an answer that cannot be read.</summary>
public sealed class BrokerChannelException : Exception
{
    public BrokerChannelException(string message, Exception? inner = null) : base(message, inner) { }
}
