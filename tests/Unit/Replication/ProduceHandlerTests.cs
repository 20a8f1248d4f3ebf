using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Produce as a client sees it; the expectations are what Kafka 3.9 answers.</summary>
public sealed class ProduceHandlerTests : IDisposable
{
    private readonly ReplicaBench _bench = new();
    private readonly Partition _leader;
    private readonly ProduceHandler _handler;

    public ProduceHandlerTests()
    {
        _leader = _bench.Leader(1, epoch: 4, isr: [1, 2]);
        _handler = new ProduceHandler(new ApiBench(_leader).Hosted);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Acks_1_is_answered_when_the_leader_has_it()
    {
        var answer = Only(await Produce(acks: 1, Batch("a", "b")));
        Assert.Equal((ErrorCode.None, 0, 0), (answer.ErrorCode, answer.BaseOffset, answer.LogStartOffset));
        Assert.Equal((2, 0), (_leader.LogEndOffset, _leader.HighWatermark));
    }

    [Fact]
    public async Task Acks_all_is_answered_when_the_in_sync_followers_have_it()
    {
        var answer = Produce(acks: -1, Batch("a")).AsTask();
        Assert.False(answer.IsCompleted);
        FetchAs(2, _leader, 1);
        Assert.Equal(ErrorCode.None, Only(await answer).ErrorCode);
    }

    [Fact]
    public async Task Acks_0_is_not_answered_and_an_error_closes_the_connection()
    {
        var stored = await Produce(acks: 0, Batch("a"));
        Assert.Equal((null, false), (stored.Response, stored.CloseConnection));
        var failed = await Produce(acks: 0, Batch("a"), partition: 1);
        Assert.Equal((null, true), (failed.Response, failed.CloseConnection));
    }

    [Theory]
    [InlineData(2, 0, ErrorCode.InvalidRequiredAcks)]
    [InlineData(-2, 0, ErrorCode.InvalidRequiredAcks)]
    [InlineData(1, 1, ErrorCode.NotLeaderOrFollower)]
    [InlineData(1, 7, ErrorCode.UnknownTopicOrPartition)]
    [InlineData(1, -1, ErrorCode.UnknownTopicOrPartition)]
    public async Task What_cannot_be_served_is_told_by_kafka_s_codes(short acks, int partition, ErrorCode expected)
    {
        var answer = Only(await Produce(acks, Batch("a"), partition));
        Assert.Equal((expected, -1, -1, -1), (answer.ErrorCode, answer.BaseOffset, answer.LogAppendTimeMs, answer.LogStartOffset));
    }

    [Fact]
    public async Task From_version_10_on_the_answer_says_who_leads()
    {
        var response = (await Produce(1, Batch("a"), partition: 1, version: 10)).Response!;
        var hint = response.Responses[0].PartitionResponses[0].CurrentLeader!;
        Assert.Equal((2, 4), (hint.LeaderId, hint.LeaderEpoch));
        var node = Assert.Single(response.NodeEndpoints);
        Assert.Equal((2, "two", 9094), (node.NodeId, node.Host, node.Port));
    }

    [Fact]
    public async Task Only_one_batch_of_the_present_format_is_taken()
    {
        Assert.Equal(ErrorCode.InvalidRecord, Only(await Produce(1, [.. Batch("a"), .. Batch("b")])).ErrorCode);
        Assert.Equal(ErrorCode.InvalidRecord, Only(await Produce(1, [])).ErrorCode);
        var old = Batch("a");
        old[16] = 1;
        Assert.Equal(ErrorCode.InvalidRecord, Only(await Produce(1, old)).ErrorCode);
        old[16] = 3;
        Assert.Equal(ErrorCode.CorruptMessage, Only(await Produce(1, old)).ErrorCode);
        var broken = Batch("a");
        broken[^1] ^= 1;
        Assert.Equal(ErrorCode.CorruptMessage, Only(await Produce(1, broken)).ErrorCode);
        var builder = new RecordBatchBuilder { ProducerId = 1, ProducerEpoch = 0, BaseSequence = 0, IsTransactional = true };
        builder.Add(1, null, "x"u8.ToArray());
        Assert.Equal(ErrorCode.TransactionalIdAuthorizationFailed, Only(await Produce(1, builder.Build())).ErrorCode);
        Assert.Equal(0, _leader.LogEndOffset);
    }

    [Fact]
    public async Task A_leader_that_lost_its_registration_while_it_waited_does_not_say_stored()
    {
        var answer = Produce(acks: -1, Batch("a")).AsTask();
        _bench.Fence.Registered = BrokerEpoch.None;
        _bench.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.NotEqual(ErrorCode.None, Only(await answer).ErrorCode);
    }

    private ValueTask<HandlerResult<ProduceResponse>> Produce(short acks, byte[] records, int partition = 0, short version = 9) =>
        _handler.HandleAsync(
            new ProduceRequest
            {
                Acks = acks,
                TimeoutMs = 5000,
                TopicData = [new ProduceRequest.TopicProduceData
                {
                    Name = Id.Topic,
                    PartitionData = [new ProduceRequest.PartitionProduceData { Index = partition, Records = records }],
                }],
            },
            ApiBench.Context(version));

    private static ProduceResponse.PartitionProduceResponse Only(HandlerResult<ProduceResponse> result) =>
        Assert.Single(Assert.Single(result.Response!.Responses).PartitionResponses);
}
