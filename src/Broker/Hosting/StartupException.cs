namespace ClassicBroker.Broker.Hosting;

/// <summary>The broker cannot start; the message says what stands in the way, by whom, and is all the user needs to see.</summary>
public sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
