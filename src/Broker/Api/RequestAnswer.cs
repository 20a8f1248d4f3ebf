using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>An encoded answer on its way to the socket. Whoever sends it disposes it afterwards.</summary>
/// <param name="Frame">Size, header and body; null when nothing is to be sent.</param>
/// <param name="Lease">Keeps referenced record bytes alive until they are sent.</param>
/// <param name="CloseConnection">Close after sending.</param>
/// <param name="Fence">Asked right before sending; null for answers that stay true.</param>
public readonly record struct RequestAnswer(FrameBuilder? Frame, IDisposable? Lease = null, bool CloseConnection = false, IAnswerFence? Fence = null) : IDisposable
{
    /// <summary>No answer; the connection lives on (acks=0).</summary>
    public static RequestAnswer Nothing => default;

    /// <summary>No answer, and the connection ends.</summary>
    public static RequestAnswer Close => new(null, null, CloseConnection: true);

    public void Dispose()
    {
        Frame?.Dispose();
        Lease?.Dispose();
    }
}
