namespace ClassicBroker.Clients.Network;

/// <summary>
/// A connection could not be made, broke, or was given up. A request that was on its way may or may not have taken effect; asking again
/// on a new connection is the caller's choice.
/// </summary>
public sealed class BrokerConnectionException(string message, Exception? inner = null) : IOException(message, inner);
