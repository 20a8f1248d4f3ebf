namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// Where a client stands with its session. The legal walk is
/// Connecting → Connected ⇄ Suspended → Expired → Connected (a new session) …, with AuthFailed and Closed as ends.
/// </summary>
public enum ZooKeeperSessionState
{
    /// <summary>No session yet.</summary>
    Connecting,

    /// <summary>A server has confirmed the session on the connection that is open now.</summary>
    Connected,

    /// <summary>The connection is lost. The session, and with it every ephemeral znode, may or may not still exist.</summary>
    Suspended,

    /// <summary>A server said that the session is gone, and its ephemeral znodes with it. A new session is on its way.</summary>
    Expired,

    /// <summary>The ensemble refused the credentials. Final.</summary>
    AuthFailed,

    /// <summary>The owner disposed the client. Final.</summary>
    Closed,
}
