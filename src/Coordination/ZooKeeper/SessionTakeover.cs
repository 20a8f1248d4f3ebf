using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// Ends the session of a process that is no more, so that its ephemeral znodes go in about a tenth of a second instead of after the
/// session timeout: attach with the saved id and password, then close.
/// </summary>
public static class SessionTakeover
{
    /// <summary>True when the session was there and has been closed; false when it was already gone (or the password is not its own).</summary>
    public static Task<bool> CloseSessionAsync(ZooKeeperOptions options, long sessionId, byte[] password, TimeProvider time, ILogger log, CancellationToken ct) =>
        throw new NotSupportedException("not yet");
}
