namespace ClassicBroker.Broker.Api;

/// <summary>
/// A session, or the wish for one, as the eviction rule sees it. <paramref name="Idle"/> and <paramref name="Age"/> run from its last use and its making.
/// </summary>
internal readonly record struct SessionRank(int Id, bool OfFollower, int Partitions, TimeSpan Idle, TimeSpan Age);

/// <summary>
/// Who makes room when every slot is taken (KIP-227): the session idle longest, when that is longer than <see cref="IdleLimit"/>; otherwise the smallest of those
/// that may be displaced, when it is smaller than the newcomer. Followers count above consumers, many partitions above few: where a session saves most, it
/// stays. A young session is only displaced by a follower's, and a follower's young one by nobody, or new sessions would push each other out for ever. Pure.
/// </summary>
internal static class FetchSessionEviction
{
    /// <summary>After this long without a fetch a session may go, and after this long of life it may be displaced (Kafka: MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS).</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(2);

    /// <summary>The id of the session that has to go, or null when the newcomer gets no slot.</summary>
    public static int? Victim(IEnumerable<SessionRank> sessions, in SessionRank newcomer)
    {
        SessionRank? idlest = null, least = null;
        foreach (var session in sessions)
        {
            if (idlest is not { } i || session.Idle > i.Idle) idlest = session;
            var displaceable = session.Age > IdleLimit || (newcomer.OfFollower && !session.OfFollower);
            if (displaceable && (least is not { } l || IsBelow(session, l))) least = session;
        }
        if (idlest is { } oldest && oldest.Idle > IdleLimit) return oldest.Id;
        return least is { } candidate && IsBelow(candidate, newcomer) ? candidate.Id : null;
    }

    private static bool IsBelow(in SessionRank one, in SessionRank other) =>
        one.OfFollower != other.OfFollower ? other.OfFollower : one.Partitions < other.Partitions;
}
