using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>DeleteRecords as a client sees it; the expectations are what Kafka 3.9 answers.</summary>
public sealed class DeleteRecordsTests : IDisposable
{
    private readonly ReplicaBench _bench = new();
    private readonly MetadataCache _metadata = new();
    private readonly Partition _leader;
    private readonly DeleteRecordsHandler _handler;

    public DeleteRecordsTests()
    {
        _leader = _bench.Leader(1, epoch: 4, isr: [1, 2]);
        for (var i = 0; i < 10; i++) Append(_leader, "x");
        FetchAs(2, _leader, 8);
        FetchAs(2, _leader, 8);
        _handler = new DeleteRecordsHandler(new ApiBench(_leader).Hosted, _metadata, _bench.Time);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Without_live_followers_it_is_answered_at_once()
    {
        var answer = Only(await Delete(5));
        Assert.Equal((ErrorCode.None, 5, 5), (answer.ErrorCode, answer.LowWatermark, _leader.LogStartOffset));
        Assert.Equal((ErrorCode.None, 8), (Only(await Delete(-1)).ErrorCode, _leader.LogStartOffset));
        // a lower one is no error and changes nothing
        Assert.Equal((ErrorCode.None, 8), (Only(await Delete(2)).ErrorCode, Only(await Delete(2)).LowWatermark));
    }

    [Theory]
    [InlineData(9, 0, ErrorCode.OffsetOutOfRange)]
    [InlineData(-2, 0, ErrorCode.OffsetOutOfRange)]
    [InlineData(1, 1, ErrorCode.NotLeaderOrFollower)]
    [InlineData(1, 7, ErrorCode.UnknownTopicOrPartition)]
    public async Task What_cannot_be_done_is_told_by_kafka_s_codes(long offset, int partition, ErrorCode expected)
    {
        var answer = Only(await Delete(offset, partition));
        Assert.Equal((expected, -1, 0), (answer.ErrorCode, answer.LowWatermark, _leader.LogStartOffset));
    }

    [Fact]
    public async Task A_topic_that_is_only_compacted_keeps_its_records()
    {
        _leader.Log.Options = new LogOptions { CleanupDelete = false, CleanupCompact = true };
        Assert.Equal(ErrorCode.PolicyViolation, Only(await Delete(5)).ErrorCode);
    }

    [Fact]
    public async Task It_waits_until_every_live_replica_has_moved_its_start()
    {
        Live(2);
        var answer = Delete(5).AsTask();
        FetchFrom(2, logStart: 3);
        Assert.False(answer.IsCompleted);
        FetchFrom(2, logStart: 5);
        Assert.Equal((ErrorCode.None, 5), (Only(await answer).ErrorCode, Only(await answer).LowWatermark));
    }

    [Fact]
    public async Task When_a_replica_does_not_follow_the_time_is_over_and_the_records_are_gone_all_the_same()
    {
        Live(2);
        var answer = Delete(5).AsTask();
        FetchFrom(2, logStart: 3);
        _bench.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal((ErrorCode.RequestTimedOut, 5), (Only(await answer).ErrorCode, _leader.LogStartOffset));
    }

    [Fact]
    public async Task A_leader_that_is_deposed_meanwhile_says_so()
    {
        Live(2);
        var answer = Delete(5).AsTask();
        _leader.TakeRole(Order(2, epoch: 5, isr: [1, 2]), Life);
        Assert.Equal((ErrorCode.NotLeaderOrFollower, -1), (Only(await answer).ErrorCode, Only(await answer).LowWatermark));
    }

    private void Live(int broker) => _metadata.Apply(new UpdateMetadataOrder { Brokers = [new LiveBroker { Id = broker }] });

    private void FetchFrom(int broker, long logStart) => _leader.Read(
        new ReadQuery { ReplicaId = broker, ReplicaEpoch = new BrokerEpoch(-1), FetchOffset = 8, CurrentLeaderEpoch = new LeaderEpoch(4), LastFetchedEpoch = -1, FollowerLogStart = logStart },
        int.MaxValue, atLeastOneBatch: true).Read.Dispose();

    private ValueTask<HandlerResult<DeleteRecordsResponse>> Delete(long offset, int partition = 0) => _handler.HandleAsync(
        new DeleteRecordsRequest
        {
            TimeoutMs = 5000,
            Topics = [new() { Name = Id.Topic, Partitions = [new() { PartitionIndex = partition, Offset = offset }] }],
        },
        ApiBench.Context(2));

    private static DeleteRecordsResponse.DeleteRecordsPartitionResult Only(HandlerResult<DeleteRecordsResponse> result) =>
        Assert.Single(Assert.Single(result.Response!.Topics).Partitions);
}
