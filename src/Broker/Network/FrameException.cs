namespace ClassicBroker.Broker.Network;

/// <summary>What arrived is not a frame we accept; the message is the reason logged when the connection is closed.</summary>
internal sealed class FrameException(string reason) : Exception(reason);
