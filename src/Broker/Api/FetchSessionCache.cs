using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// The fetch sessions of this broker (KIP-227), at most <paramref name="slots"/> (<c>max.incremental.fetch.session.cache.slots</c>) of them. Without a free slot a
/// reader gets session id 0, which means "ask in full each time", and nothing else changes for it.
/// </summary>
/// <remarks>Owner: its own lock for the table; each session has its own.</remarks>
public sealed class FetchSessionCache(int slots, Random random, TimeProvider time)
{
    /// <summary>
    /// More partitions than this no session keeps: a stranger could grow one request by request. Far above what one broker leads; a reader beyond it asks in full.
    /// </summary>
    public const int MaxPartitions = 200_000;

    private const int NewSession = 0, NoSession = -1;

    /// <summary>Topics have ids on the wire from this version on (KIP-516).</summary>
    private const short TopicIdsFrom = 13;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, FetchSession> _sessions = [];

    /// <summary>Sessions kept now.</summary>
    public int Count { get { lock (_gate) return _sessions.Count; } }

    /// <summary>
    /// What this request asks for, its session looked up. Its error is FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR;
    /// each is the whole answer.
    /// </summary>
    internal FetchTurn Open(FetchRequest request, short version, bool ofFollower)
    {
        var byTopicId = version >= TopicIdsFrom;
        if (request.SessionEpoch is NewSession or NoSession)
        {
            // A full fetch ends the session it names.
            if (request.SessionId != 0) Remove(request.SessionId);
            var all = request.Topics.SelectMany(static topic => topic.Partitions.Select(asked => new WantedPartition(topic, asked))).ToArray();
            return request.SessionEpoch == NewSession ? FetchTurn.Full(all, told => Create(told, ofFollower, byTopicId)) : FetchTurn.Sessionless(all);
        }
        if (Find(request.SessionId) is not { } session) return FetchTurn.Refused(ErrorCode.FetchSessionIdNotFound);
        var error = session.Continue(request, byTopicId, time.GetTimestamp(), out var wanted);
        if (error != ErrorCode.None) return FetchTurn.Refused(error);
        if (wanted.Length is > 0 and <= MaxPartitions) return FetchTurn.Incremental(session, wanted);
        Remove(session.Id);
        return wanted.Length == 0 ? FetchTurn.Sessionless([]) : FetchTurn.Refused(ErrorCode.FetchSessionIdNotFound);
    }

    /// <summary>The id of a new session that wants these partitions, or 0 when there is no slot for it.</summary>
    private int Create(IReadOnlyList<WantedPartition> wanted, bool ofFollower, bool byTopicId)
    {
        if (wanted.Count > MaxPartitions) return 0;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_sessions.Count >= slots && !MakeRoom(new SessionRank(0, ofFollower, wanted.Count, default, default), now)) return 0;
            var session = new FetchSession(FreeId(), ofFollower, byTopicId, now);
            session.Begin(wanted);
            _sessions.Add(session.Id, session);
            return session.Id;
        }
    }

    private bool MakeRoom(in SessionRank newcomer, long now)
    {
        var ranks = _sessions.Values.Select(s => new SessionRank(
            s.Id, s.OfFollower, s.Partitions, time.GetElapsedTime(s.LastUsedAt, now), time.GetElapsedTime(s.CreatedAt, now)));
        return FetchSessionEviction.Victim(ranks, newcomer) is { } victim && _sessions.Remove(victim);
    }

    private int FreeId()
    {
        int id;
        do id = random.Next(1, int.MaxValue);
        while (_sessions.ContainsKey(id));
        return id;
    }

    private FetchSession? Find(int id)
    {
        lock (_gate) return _sessions.GetValueOrDefault(id);
    }

    private void Remove(int id)
    {
        lock (_gate) _sessions.Remove(id);
    }
}
