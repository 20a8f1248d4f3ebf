using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Replication;

/// <summary>A partition as it shall stand in the next fetch.</summary>
internal readonly record struct WantedFetch(TopicPartition Id, Guid TopicId, FetchRequest.FetchPartition Asked);

/// <summary>
/// The follower's end of a fetch session (KIP-227): what the leader remembers of us, so that a fetch names only what changed since. Begins with a full fetch;
/// whatever goes wrong (an answer lost or given up, a session the leader no longer has, topics by name where they were by id) the next fetch is full again, and
/// closes the session that may still be there. Pure memory, no I/O (Kafka: <c>FetchSessionHandler</c>).
/// </summary>
/// <remarks>Owner: the one task of its <see cref="FollowerFetchLoop"/>.</remarks>
internal sealed class FollowerFetchSession
{
    private readonly Dictionary<TopicPartition, WantedFetch> _known = [];
    private int _id;
    private int _epoch;
    private bool _byTopicId;

    /// <summary>Writes session and partitions into <paramref name="request"/>: all of <paramref name="wanted"/>, or what the leader does not know yet.</summary>
    public void Describe(FetchRequest request, IReadOnlyList<WantedFetch> wanted, bool byTopicId)
    {
        if (_epoch > 0 && byTopicId != _byTopicId) Broken();
        _byTopicId = byTopicId;
        (request.SessionId, request.SessionEpoch) = (_id, _epoch);
        if (_epoch == 0) _known.Clear();
        var gone = _known.Count > 0 ? new HashSet<TopicPartition>(_known.Keys) : [];
        FetchRequest.FetchTopic? topic = null;
        foreach (var one in wanted)
        {
            gone.Remove(one.Id);
            if (_known.TryGetValue(one.Id, out var known) && known.TopicId == one.TopicId && Same(known.Asked, one.Asked)) continue;
            // A topic made anew under its old name is another one to the leader, so the old one is forgotten below.
            if (known.Asked is not null && known.TopicId != one.TopicId) Forget(request, known);
            _known[one.Id] = one;
            if (topic is null || topic.Topic != one.Id.Topic || topic.TopicId != one.TopicId)
                request.Topics.Add(topic = new FetchRequest.FetchTopic { Topic = one.Id.Topic, TopicId = one.TopicId });
            topic.Partitions.Add(one.Asked);
        }
        foreach (var id in gone)
            if (_known.Remove(id, out var known)) Forget(request, known);
    }

    /// <summary>The leader answered; true when its partitions may be looked at.</summary>
    public bool Answered(FetchResponse response)
    {
        if (response.ErrorCode != ErrorCode.None)
        {
            if (response.ErrorCode == ErrorCode.FetchSessionIdNotFound) Begin(0);
            else Broken();
            return false;
        }
        // Id 0: the leader keeps no session for us, or closed it.
        if (response.SessionId == 0) Begin(0);
        else (_id, _epoch) = (response.SessionId, _epoch == int.MaxValue ? 1 : _epoch + 1);
        return true;
    }

    /// <summary>The answer was lost or not waited for: what the leader believes we know is no longer certain.</summary>
    public void Broken() => Begin(_id);

    private void Begin(int close)
    {
        (_id, _epoch) = (close, 0);
        _known.Clear();
    }

    private static void Forget(FetchRequest request, WantedFetch known)
    {
        var last = request.ForgottenTopicsData is [.., var latest] ? latest : null;
        if (last is null || last.Topic != known.Id.Topic || last.TopicId != known.TopicId)
            request.ForgottenTopicsData.Add(last = new FetchRequest.ForgottenTopic { Topic = known.Id.Topic, TopicId = known.TopicId });
        last.Partitions.Add(known.Id.Partition);
    }

    private static bool Same(FetchRequest.FetchPartition one, FetchRequest.FetchPartition other) =>
        one.FetchOffset == other.FetchOffset
        && one.CurrentLeaderEpoch == other.CurrentLeaderEpoch
        && one.LastFetchedEpoch == other.LastFetchedEpoch
        && one.LogStartOffset == other.LogStartOffset
        && one.PartitionMaxBytes == other.PartitionMaxBytes;
}
