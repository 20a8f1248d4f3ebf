namespace ClassicBroker.Coordination;

/// <summary>Another live process is registered under this broker id (or advertises the same address). The message says who.</summary>
public sealed class BrokerIdInUseException(string message) : Exception(message);
