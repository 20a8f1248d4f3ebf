using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>A partition a reader asks for, by name (topic id empty) or by topic id (name empty), and what it was last told about it.</summary>
internal sealed class WantedPartition(FetchRequest.FetchTopic topic, FetchRequest.FetchPartition asked)
{
    public string Topic { get; } = topic.Topic;

    public Guid TopicId { get; } = topic.TopicId;

    public FetchRequest.FetchPartition Asked { get; set; } = asked;

    private long ToldHighWatermark { get; set; } = -1;

    private long ToldLogStart { get; set; } = -1;

    /// <summary>Takes note of an answer; true when it says anything the reader does not know: records, an error, a moved watermark or log start, where to go.</summary>
    public bool Tell(FetchResponse.PartitionData data)
    {
        var news = data.Records is { Length: > 0 }
            || data.ErrorCode != ErrorCode.None
            || data.HighWatermark != ToldHighWatermark
            || data.LogStartOffset != ToldLogStart
            || data.PreferredReadReplica >= 0
            || data.DivergingEpoch is not null;
        // After an error the first good answer is news, whatever it says.
        ToldHighWatermark = data.ErrorCode == ErrorCode.None ? data.HighWatermark : -1;
        ToldLogStart = data.LogStartOffset;
        return news;
    }
}

/// <summary>
/// What one reader wants, remembered between its fetches (KIP-227), so that a request names only what changed and an answer only what is new. Partitions stand in the
/// order in which they are answered; one that gave records goes to the end, so that under a small limit each gets its turn.
/// </summary>
/// <remarks>Owner: its own lock. Ids and ages never change; <see cref="Partitions"/> is read by the cache without the lock.</remarks>
internal sealed class FetchSession(int id, bool ofFollower, bool usesTopicIds, long createdAt)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<WantedPartition> _inOrder = [];
    private readonly Dictionary<(Guid TopicId, string Topic, int Partition), LinkedListNode<WantedPartition>> _places = [];
    private int _expectedEpoch = 1;
    private volatile int _partitions;
    private long _lastUsedAt = createdAt;

    public int Id => id;

    public bool OfFollower => ofFollower;

    public long CreatedAt { get; } = createdAt;

    public long LastUsedAt => Volatile.Read(ref _lastUsedAt);

    public int Partitions => _partitions;

    /// <summary>Fills a new session with what a full fetch asked for and was answered.</summary>
    public void Begin(IReadOnlyList<WantedPartition> wanted)
    {
        lock (_gate)
        {
            foreach (var partition in wanted) Want(partition);
            _partitions = _places.Count;
        }
    }

    /// <summary>
    /// One incremental fetch: checks its place in the sequence, takes over what changed, and gives all that is wanted now, in order. Nothing is changed when it is
    /// refused. <paramref name="byTopicId"/>: the request names topics by id (v13+).
    /// </summary>
    public ErrorCode Continue(FetchRequest request, bool byTopicId, long now, out WantedPartition[] wanted)
    {
        lock (_gate)
        {
            wanted = [];
            if (request.SessionEpoch != _expectedEpoch) return ErrorCode.InvalidFetchSessionEpoch;
            if (byTopicId != usesTopicIds) return ErrorCode.FetchSessionTopicIdError;
            foreach (var topic in request.Topics)
                foreach (var asked in topic.Partitions) Want(new WantedPartition(topic, asked));
            foreach (var topic in request.ForgottenTopicsData)
                foreach (var partition in topic.Partitions) Forget((topic.TopicId, topic.Topic, partition));
            _partitions = _places.Count;
            // After the largest number comes 1: 0 means "a new session".
            _expectedEpoch = _expectedEpoch == int.MaxValue ? 1 : _expectedEpoch + 1;
            Volatile.Write(ref _lastUsedAt, now);
            wanted = [.. _inOrder];
            return ErrorCode.None;
        }
    }

    /// <summary>Which of the answers, given in the order of <paramref name="wanted"/>, the reader has to be sent.</summary>
    public bool[] Tell(IReadOnlyList<WantedPartition> wanted, IReadOnlyList<FetchResponse.PartitionData> answers)
    {
        var news = new bool[answers.Count];
        lock (_gate)
        {
            for (var i = 0; i < news.Length; i++)
            {
                news[i] = wanted[i].Tell(answers[i]);
                if (answers[i].Records is { Length: > 0 }) MoveToEnd(wanted[i]);
            }
        }
        return news;
    }

    private void Want(WantedPartition partition)
    {
        var key = Key(partition);
        if (_places.TryGetValue(key, out var place)) place.Value.Asked = partition.Asked;
        else _places[key] = _inOrder.AddLast(partition);
    }

    private void Forget((Guid TopicId, string Topic, int Partition) key)
    {
        if (_places.Remove(key, out var place)) _inOrder.Remove(place);
    }

    private void MoveToEnd(WantedPartition partition)
    {
        if (!_places.TryGetValue(Key(partition), out var place) || place.Value != partition) return;
        _inOrder.Remove(place);
        _inOrder.AddLast(place);
    }

    private static (Guid TopicId, string Topic, int Partition) Key(WantedPartition partition) =>
        (partition.TopicId, partition.Topic, partition.Asked.Partition);
}
