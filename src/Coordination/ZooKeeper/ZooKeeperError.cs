namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>ZooKeeper's error codes as they stand in a reply header (<c>KeeperException.Code</c>).</summary>
public enum ZooKeeperError
{
    Ok = 0,
    SystemError = -1,

    /// <summary>In a failed multi: this step was not tried because an earlier one failed.</summary>
    RuntimeInconsistency = -2,
    DataInconsistency = -3,

    /// <summary>The connection went while the request was on its way: it may or may not have been done. Read back to find out.</summary>
    ConnectionLoss = -4,

    /// <summary>A frame could not be written or read; also used when it is larger than <c>jute.maxbuffer</c>.</summary>
    MarshallingError = -5,
    Unimplemented = -6,
    OperationTimeout = -7,
    BadArguments = -8,
    UnknownSession = -12,
    NewConfigNoQuorum = -13,
    ReconfigInProgress = -14,
    ApiError = -100,
    NoNode = -101,
    NoAuth = -102,
    BadVersion = -103,
    NoChildrenForEphemerals = -108,
    NodeExists = -110,
    NotEmpty = -111,

    /// <summary>The session is gone; nothing that was waiting under it has been or will be sent.</summary>
    SessionExpired = -112,
    InvalidCallback = -113,
    InvalidAcl = -114,
    AuthFailed = -115,

    /// <summary>Another connection has taken the session over.</summary>
    SessionMoved = -118,
    NotReadOnly = -119,
    EphemeralOnLocalSession = -120,
    NoWatcher = -121,
    RequestTimeout = -122,
    ReconfigDisabled = -123,
    SessionClosedRequireSaslAuth = -124,
    QuotaExceeded = -125,
    ThrottledOp = -127,
}
