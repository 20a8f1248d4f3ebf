namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// Bytes that are not the message they claim to be, or a message that cannot be written in the version asked for.
/// The only exception decoding throws, whatever the bytes: the connection that sent them is closed.
/// </summary>
public sealed class ProtocolException : Exception
{
    public ProtocolException(string message) : base(message) { }
    public ProtocolException(string message, Exception inner) : base(message, inner) { }
}
