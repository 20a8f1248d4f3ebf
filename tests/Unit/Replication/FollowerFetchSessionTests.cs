using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Unit.Replication;

/// <summary>The follower's end of a fetch session: what stands in the next request after each way the last one can end.</summary>
public class FollowerFetchSessionTests
{
    private readonly FollowerFetchSession _session = new();

    private FetchRequest Next(params (string Topic, long Offset)[] wanted) => Next(byTopicId: true, wanted);

    private FetchRequest Next(bool byTopicId, params (string Topic, long Offset)[] wanted)
    {
        var request = new FetchRequest();
        _session.Describe(request, [.. wanted.Select(w => new WantedFetch(
            new TopicPartition(w.Topic, 0), new Guid(1, 2, 3, [.. w.Topic.PadRight(8).Select(c => (byte)c)]), new FetchRequest.FetchPartition { FetchOffset = w.Offset }))], byTopicId);
        return request;
    }

    private static string Text(FetchRequest request) =>
        $"{request.SessionId}/{request.SessionEpoch} {string.Join(' ', request.Topics.Select(t => $"{t.Topic}:{t.Partitions[0].FetchOffset}"))}"
        + string.Concat(request.ForgottenTopicsData.Select(t => $" -{t.Topic}"));

    [Fact]
    public void It_names_what_changed_and_forgets_what_is_not_wanted()
    {
        Assert.Equal("0/0 a:0 b:0", Text(Next(("a", 0), ("b", 0))));
        Assert.True(_session.Answered(new FetchResponse { SessionId = 9 }));
        Assert.Equal("9/1 a:5", Text(Next(("a", 5), ("b", 0))));
        _session.Answered(new FetchResponse { SessionId = 9 });
        Assert.Equal("9/2  -b", Text(Next(("a", 5))));
        _session.Answered(new FetchResponse { SessionId = 9 });
        Assert.Equal("9/3 b:0", Text(Next(("a", 5), ("b", 0))));
    }

    [Fact]
    public void A_lost_answer_closes_the_session_and_begins_a_new_one()
    {
        Next(("a", 0));
        _session.Answered(new FetchResponse { SessionId = 9 });
        Next(("a", 5));
        _session.Broken();
        Assert.Equal("9/0 a:5", Text(Next(("a", 5))));
        _session.Answered(new FetchResponse { SessionId = 10 });
        Assert.Equal("10/1 ", Text(Next(("a", 5))));
    }

    [Theory]
    [InlineData(ErrorCode.FetchSessionIdNotFound, "0/0 a:5")]
    [InlineData(ErrorCode.InvalidFetchSessionEpoch, "9/0 a:5")]
    [InlineData(ErrorCode.FetchSessionTopicIdError, "9/0 a:5")]
    public void After_a_refusal_everything_is_named_again(ErrorCode refusal, string next)
    {
        Next(("a", 0));
        _session.Answered(new FetchResponse { SessionId = 9 });
        Next(("a", 5));
        Assert.False(_session.Answered(new FetchResponse { ErrorCode = refusal }));
        Assert.Equal(next, Text(Next(("a", 5))));
    }

    [Fact]
    public void A_leader_without_room_is_asked_in_full_each_time()
    {
        Next(("a", 0));
        _session.Answered(new FetchResponse { SessionId = 0 });
        Assert.Equal("0/0 a:0", Text(Next(("a", 0))));
    }

    [Fact]
    public void Names_instead_of_ids_begin_a_new_session()
    {
        Next(("a", 0));
        _session.Answered(new FetchResponse { SessionId = 9 });
        Assert.Equal("9/0 a:0", Text(Next(byTopicId: false, ("a", 0))));
    }
}
