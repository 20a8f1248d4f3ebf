namespace ClassicBroker.Broker.Api;

/// <summary>
/// What an answer promises, asked for the last time before its bytes go to the socket. Between rendering and sending the process may have been stopped
/// for longer than its session lived; then another leads, and an acknowledgement sent now would be of a record nobody else has.
/// </summary>
public interface IAnswerFence
{
    /// <summary>True while the answer may leave. False closes the connection instead: the client asks again, elsewhere.</summary>
    bool Holds { get; }
}
