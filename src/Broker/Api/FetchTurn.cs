using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Clients.Protocol.Messages.FetchResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// One fetch in its session or without one: what is wanted, and, once all of it is answered, which of the answers are sent. A full fetch is answered whole and may
/// begin a session; an incremental one is answered with what is new.
/// </summary>
internal sealed class FetchTurn
{
    private readonly FetchSession? _session;
    private readonly Func<IReadOnlyList<WantedPartition>, int>? _begin;

    private FetchTurn(ErrorCode error, IReadOnlyList<WantedPartition> wanted, FetchSession? session, Func<IReadOnlyList<WantedPartition>, int>? begin)
    {
        Error = error;
        Wanted = wanted;
        _session = session;
        _begin = begin;
    }

    /// <summary>Anything but NONE is the whole answer.</summary>
    public ErrorCode Error { get; }

    /// <summary>In the order in which the answer is filled.</summary>
    public IReadOnlyList<WantedPartition> Wanted { get; }

    public static FetchTurn Refused(ErrorCode error) => new(error, [], null, null);

    public static FetchTurn Sessionless(IReadOnlyList<WantedPartition> wanted) => new(ErrorCode.None, wanted, null, null);

    /// <summary><paramref name="begin"/> makes a session of what was wanted and told, and returns its id, 0 when there is no room.</summary>
    public static FetchTurn Full(IReadOnlyList<WantedPartition> wanted, Func<IReadOnlyList<WantedPartition>, int> begin) => new(ErrorCode.None, wanted, null, begin);

    public static FetchTurn Incremental(FetchSession session, IReadOnlyList<WantedPartition> wanted) => new(ErrorCode.None, wanted, session, null);

    /// <summary>Puts the answers, one per wanted partition in the same order, into the response: neighbours of one topic together.</summary>
    public void Finish(FetchResponse response, IReadOnlyList<PartitionData> answers)
    {
        response.SessionId = _session?.Id ?? 0;
        var send = _session?.Tell(Wanted, answers);
        FetchableTopicResponse? topic = null;
        for (var i = 0; i < answers.Count; i++)
        {
            if (send is not null && !send[i]) continue;
            var wanted = Wanted[i];
            if (topic is null || topic.TopicId != wanted.TopicId || topic.Topic != wanted.Topic)
            {
                topic = new FetchableTopicResponse { Topic = wanted.Topic, TopicId = wanted.TopicId };
                response.Responses.Add(topic);
            }
            topic.Partitions.Add(answers[i]);
            if (_begin is not null) wanted.Tell(answers[i]);
        }
        if (_begin is not null) response.SessionId = _begin(Wanted);
    }
}
