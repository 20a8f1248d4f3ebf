using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Fetch sessions (KIP-227) through the handler: what a reader may leave out of its request, and what the answer may leave out.</summary>
public sealed class FetchSessionTests : IDisposable
{
    private readonly ReplicaBench _bench = new();
    private readonly Partition _leader;

    public FetchSessionTests() => _leader = _bench.Leader(1, epoch: 4, isr: [1]);

    public void Dispose() => _bench.Dispose();

    private FetchHandler Handler(int slots = 1000) =>
        new ApiBench(_leader).FetchHandler(_bench.Time, new FetchSessionCache(slots, new Random(1), _bench.Time));

    [Fact]
    public async Task An_incremental_answer_tells_only_what_is_new()
    {
        Append(_leader, "a");
        var handler = Handler();
        var id = (await Fetch(handler, 0, 0, (0, 0))).SessionId;
        Assert.True(id > 0);

        // Nothing asked anew: the offset is remembered, and so are the records.
        Assert.True((await Fetch(handler, id, 1)).Responses[0].Partitions[0].Records!.Value.Length > 0);
        Assert.Empty((await Fetch(handler, id, 2, (0, 1))).Responses);
        Append(_leader, "b");
        Assert.Equal(2, (await Fetch(handler, id, 3)).Responses[0].Partitions[0].HighWatermark);
        Assert.Empty((await Fetch(handler, id, 4, (0, 2))).Responses);
    }

    [Fact]
    public async Task A_moved_watermark_or_log_start_is_told_without_records()
    {
        var leader = _bench.Leader(1, epoch: 4, isr: [1, 2]);
        Append(leader, "a");
        Append(leader, "b");
        var handler = new ApiBench(leader).FetchHandler(_bench.Time);
        var id = (await Fetch(handler, 0, 0, (0, 2))).SessionId;
        Assert.Empty((await Fetch(handler, id, 1)).Responses);

        FetchAs(2, leader, 2);
        Assert.Equal(2, (await Fetch(handler, id, 2)).Responses[0].Partitions[0].HighWatermark);
        Assert.Empty((await Fetch(handler, id, 3)).Responses);
        leader.Log.MoveLogStart(1);
        Assert.Equal(1, (await Fetch(handler, id, 4)).Responses[0].Partitions[0].LogStartOffset);
        Assert.Empty((await Fetch(handler, id, 5)).Responses);
    }

    [Fact]
    public async Task A_failed_partition_is_told_every_time_and_the_first_good_answer_after_it()
    {
        var handler = Handler();
        var id = (await Fetch(handler, 0, 0, (0, 0))).SessionId;
        _bench.Fence.Registered = BrokerEpoch.None;
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await Fetch(handler, id, 1)).Responses[0].Partitions[0].ErrorCode);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await Fetch(handler, id, 2)).Responses[0].Partitions[0].ErrorCode);
        _bench.Fence.Registered = Life;
        Assert.Equal(ErrorCode.None, (await Fetch(handler, id, 3)).Responses[0].Partitions[0].ErrorCode);
        Assert.Empty((await Fetch(handler, id, 4)).Responses);
    }

    [Fact]
    public async Task Epochs_come_in_order_and_each_once()
    {
        var handler = Handler();
        var id = (await Fetch(handler, 0, 0, (0, 0))).SessionId;
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, (await Fetch(handler, id, 2)).ErrorCode);
        Assert.Equal(ErrorCode.None, (await Fetch(handler, id, 1)).ErrorCode);
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, (await Fetch(handler, id, 1)).ErrorCode);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await Fetch(handler, id + 1, 1)).ErrorCode);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await Fetch(handler, 0, 1)).ErrorCode);
    }

    [Fact]
    public async Task Names_and_ids_are_not_mixed()
    {
        var handler = Handler();
        var id = (await Fetch(handler, 0, 0, (0, 0))).SessionId;
        Assert.Equal(ErrorCode.FetchSessionTopicIdError, (await Fetch(handler, Request(id, 1), version: 13)).ErrorCode);
        var byId = (await Fetch(handler, Request(0, 0, (0, 0)), version: 13)).SessionId;
        Assert.Equal(ErrorCode.FetchSessionTopicIdError, (await Fetch(handler, Request(byId, 1), version: 12)).ErrorCode);
        Assert.Equal(ErrorCode.None, (await Fetch(handler, Request(byId, 1), version: 13)).ErrorCode);
    }

    [Fact]
    public async Task A_full_fetch_ends_the_session_it_names()
    {
        var handler = Handler();
        var first = (await Fetch(handler, 0, 0, (0, 0))).SessionId;
        var second = (await Fetch(handler, first, 0, (0, 0))).SessionId;
        Assert.NotEqual(first, second);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await Fetch(handler, first, 1)).ErrorCode);
        Assert.Equal(0, (await Fetch(handler, second, -1, (0, 0))).SessionId);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await Fetch(handler, second, 1)).ErrorCode);
    }

    [Fact]
    public async Task A_forgotten_partition_is_not_answered_and_the_last_one_takes_the_session_along()
    {
        var handler = Handler();
        var id = (await Fetch(handler, 0, 0, (0, 0), (9, 0))).SessionId;
        var request = Request(id, 1);
        request.ForgottenTopicsData = [new FetchRequest.ForgottenTopic { Topic = Id.Topic, Partitions = [9] }];
        Assert.Empty((await Fetch(handler, request)).Responses);

        request = Request(id, 2);
        request.ForgottenTopicsData = [new FetchRequest.ForgottenTopic { Topic = Id.Topic, Partitions = [0] }];
        Assert.Equal((ErrorCode.None, 0), ((await Fetch(handler, request)).ErrorCode, (await Fetch(handler, id, 3)).SessionId));
    }

    [Fact]
    public async Task Without_a_slot_the_reader_asks_in_full()
    {
        var handler = Handler(slots: 0);
        Assert.Equal(0, (await Fetch(handler, 0, 0, (0, 0))).SessionId);
        Assert.Single((await Fetch(handler, 0, 0, (0, 0))).Responses);
    }

    [Fact]
    public void What_gave_records_goes_to_the_end_of_the_order()
    {
        var session = new FetchSession(1, ofFollower: false, usesTopicIds: false, createdAt: 0);
        var topic = new FetchRequest.FetchTopic { Topic = "t" };
        session.Begin([.. Enumerable.Range(0, 3).Select(p => new WantedPartition(topic, new FetchRequest.FetchPartition { Partition = p }))]);
        session.Continue(new FetchRequest { SessionEpoch = 1 }, byTopicId: false, 0, out var wanted);
        Assert.Equal([0, 1, 2], wanted.Select(w => w.Asked.Partition));

        session.Tell(wanted, [Data(records: 5), Data(), Data()]);
        session.Continue(new FetchRequest { SessionEpoch = 2 }, byTopicId: false, 0, out wanted);
        Assert.Equal([1, 2, 0], wanted.Select(w => w.Asked.Partition));
    }

    private static readonly TimeSpan Old = FetchSessionEviction.IdleLimit + TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(false, 5, 0, 0, false, 9, false)]    // a young consumer's session is not displaced by a consumer's
    [InlineData(false, 5, 0, 200, false, 9, true)]   // an old one by a bigger one
    [InlineData(false, 9, 0, 200, false, 9, false)]  // not by one of its size
    [InlineData(false, 9, 0, 0, true, 1, true)]      // a follower displaces any consumer
    [InlineData(true, 5, 0, 0, true, 9, false)]      // but no young follower
    [InlineData(true, 5, 0, 200, true, 9, true)]
    [InlineData(true, 5, 0, 200, false, 9, false)]   // and a consumer no follower
    [InlineData(true, 9, 200, 200, false, 1, true)]  // idle for too long: goes, whoever comes
    public void Followers_stay_before_consumers_and_big_before_small(
        bool ofFollower, int partitions, int idleSeconds, int ageSeconds, bool newOfFollower, int newPartitions, bool evicted)
    {
        SessionRank[] sessions = [new(7, ofFollower, partitions, TimeSpan.FromSeconds(idleSeconds), TimeSpan.FromSeconds(ageSeconds))];
        Assert.Equal(evicted ? 7 : null, FetchSessionEviction.Victim(sessions, new SessionRank(0, newOfFollower, newPartitions, default, default)));
    }

    [Fact]
    public async Task The_table_never_grows_beyond_its_slots()
    {
        var cache = new FetchSessionCache(2, new Random(1), _bench.Time);
        var handler = new ApiBench(_leader).FetchHandler(_bench.Time, cache);
        Assert.True((await Fetch(handler, 0, 0, (0, 0))).SessionId > 0);
        var idle = (await Fetch(handler, 0, 0, (0, 0))).SessionId;
        Assert.Equal(0, (await Fetch(handler, 0, 0, (0, 0))).SessionId);
        _bench.Time.Advance(Old);
        Assert.True((await Fetch(handler, 0, 0, (0, 0))).SessionId > 0);
        Assert.Equal(2, cache.Count);
        Assert.Equal(ErrorCode.None, (await Fetch(handler, idle, 1)).ErrorCode);
    }

    private static FetchResponse.PartitionData Data(int records = 0) => new() { HighWatermark = 1, LogStartOffset = 0, Records = new byte[records] };

    private static FetchRequest Request(int id, int epoch, params (int Partition, long Offset)[] asked) => new()
    {
        MaxWaitMs = 0,
        MinBytes = 1,
        MaxBytes = 1_000_000,
        SessionId = id,
        SessionEpoch = epoch,
        Topics = asked.Length == 0 ? [] : [new FetchRequest.FetchTopic
        {
            Topic = Id.Topic,
            TopicId = TopicId,
            Partitions = [.. asked.Select(a => new FetchRequest.FetchPartition { Partition = a.Partition, FetchOffset = a.Offset, PartitionMaxBytes = 1_000_000 })],
        }],
    };

    private static Task<FetchResponse> Fetch(FetchHandler handler, int id, int epoch, params (int Partition, long Offset)[] asked) =>
        Fetch(handler, Request(id, epoch, asked));

    private static async Task<FetchResponse> Fetch(FetchHandler handler, FetchRequest request, short version = 12)
    {
        // On the wire a topic has a name or an id, never both.
        foreach (var topic in request.Topics) (topic.Topic, topic.TopicId) = version < 13 ? (topic.Topic, Guid.Empty) : ("", topic.TopicId);
        return (await handler.HandleAsync(request, ApiBench.Context(version))).Response!;
    }
}
