namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// What goes on from one connection to the next: who we are to the ensemble, what we have seen of it, what we watch.
/// Owner: the session loop, and while a connection runs its receive loop; the public values may be read from anywhere.
/// </summary>
internal sealed class Session
{
    private volatile Identity _identity;
    private long _lastZxid;

    public Session(ZooKeeperOptions options, TimeProvider time)
    {
        _identity = new Identity(options.AttachSessionId, options.AttachPassword, options.SessionTimeout);
        Clock = new SessionClock(time);
    }

    public long Id => _identity.Id;

    public byte[] Password => _identity.Password;

    /// <summary>As negotiated; before the first session as asked for.</summary>
    public TimeSpan Timeout => _identity.Timeout;

    public Watches Watches { get; } = new();

    public SessionClock Clock { get; }

    /// <summary>
    /// Newest transaction seen in any answer. It outlives the session: a client never reads older data than it has already read, even from
    /// an ensemble restored from an old snapshot, which refuses us instead.
    /// </summary>
    public long LastZxid => Volatile.Read(ref _lastZxid);

    public void Seen(long zxid)
    {
        if (zxid > _lastZxid) Volatile.Write(ref _lastZxid, zxid);
    }

    public void Confirmed(HandshakeAnswer answer, long askedAt)
    {
        _identity = new Identity(answer.SessionId, answer.Password, answer.SessionTimeout);
        Clock.Renewed(askedAt);
    }

    public void Expired(TimeSpan askAgainFor)
    {
        _identity = new Identity(0, [], askAgainFor);
        Watches.Clear();
    }

    private sealed record Identity(long Id, byte[] Password, TimeSpan Timeout);
}
