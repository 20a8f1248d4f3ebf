namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// Since when the session may be going stale, on this machine's monotonic clock. The server renews a session when a frame of ours arrives,
/// which is not before it was sent: so what counts is the sending time of the newest frame that has been answered. Thread safe.
/// </summary>
internal sealed class SessionClock(TimeProvider time)
{
    private long _renewedAt = time.GetTimestamp();

    public TimeSpan SinceRenewed => time.GetElapsedTime(Volatile.Read(ref _renewedAt));

    /// <summary>A frame sent at that timestamp has been answered. Pings and requests overtake each other in our books, so only newer ones count.</summary>
    public void Renewed(long sentAt)
    {
        if (sentAt > Volatile.Read(ref _renewedAt)) Volatile.Write(ref _renewedAt, sentAt);
    }
}
