using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Fetch as consumers and followers see it; the expectations are what Kafka 3.9 answers.</summary>
public sealed class FetchHandlerTests : IDisposable
{
    private readonly ReplicaBench _bench = new();
    private readonly Partition _leader;
    private readonly FetchHandler _handler;

    public FetchHandlerTests()
    {
        _leader = _bench.Leader(1, epoch: 4, isr: [1]);
        _handler = new ApiBench(_leader).FetchHandler(_bench.Time);
    }

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task What_is_there_is_answered_at_once()
    {
        Append(_leader, "a");
        var data = Only(await Fetch(Request(0)));
        Assert.Equal((ErrorCode.None, 1, 1, 0), (data.ErrorCode, data.HighWatermark, data.LastStableOffset, data.LogStartOffset));
        Assert.True(data.Records!.Value.Length > 0);
        Assert.Null(data.AbortedTransactions);
    }

    [Fact]
    public async Task A_read_committed_consumer_sees_to_the_stable_offset_and_is_told_what_was_aborted()
    {
        Append(_leader, "a");
        InTransaction(7, 0);
        Append(_leader, "b");
        var request = Request(0);
        request.IsolationLevel = 1;
        var data = Only(await Fetch(request));
        Assert.Equal((3L, 1L, 1L), (data.HighWatermark, data.LastStableOffset, LastOffset(data) + 1));
        Assert.Empty(data.AbortedTransactions!);
        Assert.Equal(3, LastOffset(Only(await Fetch(Request(0)))) + 1);
        _leader.AppendMarker(7, 0, commit: false, coordinatorEpoch: 0);
        data = Only(await Fetch(request));
        Assert.Equal((4L, 4L, 4L), (data.HighWatermark, data.LastStableOffset, LastOffset(data) + 1));
        Assert.Equal((7L, 1L), (Assert.Single(data.AbortedTransactions!).ProducerId, data.AbortedTransactions![0].FirstOffset));
    }

    [Fact]
    public async Task A_read_committed_fetch_waits_until_the_transaction_is_over()
    {
        InTransaction(7, 0);
        var request = Request(0);
        request.IsolationLevel = 1;
        var parked = Fetch(request).AsTask();
        Append(_leader, "b");
        Assert.False(parked.IsCompleted);
        _leader.AppendMarker(7, 0, commit: true, coordinatorEpoch: 0);
        Assert.Equal(3, LastOffset(Only(await parked)) + 1);
    }

    [Fact]
    public void The_end_for_a_read_committed_consumer_is_the_stable_offset()
    {
        Append(_leader, "a");
        InTransaction(7, 0);
        Append(_leader, "b");
        Assert.Equal(1, _leader.LookUpOffset(OffsetLookup.Latest, ReadQuery.Consumer, new LeaderEpoch(-1), readCommitted: true).Offset);
        Assert.Equal(3, _leader.LookUpOffset(OffsetLookup.Latest, ReadQuery.Consumer, new LeaderEpoch(-1)).Offset);
        Assert.Equal(-1, _leader.LookUpOffset(1_700_000_000_500, ReadQuery.Consumer, new LeaderEpoch(-1), readCommitted: true).Offset);
        Assert.Equal(1, _leader.LookUpOffset(1_700_000_000_500, ReadQuery.Consumer, new LeaderEpoch(-1)).Offset);
    }

    private void InTransaction(long producer, int sequence)
    {
        var builder = new RecordBatchBuilder { ProducerId = producer, ProducerEpoch = 0, BaseSequence = sequence, IsTransactional = true };
        builder.Add(1_700_000_000_500, null, new byte[4]);
        _leader.AppendAsLeader(builder.Build(), AppendRules.FromClient(9), allInSync: false);
    }

    private static long LastOffset(FetchResponse.PartitionData data)
    {
        var last = -1L;
        for (ReadOnlySpan<byte> batches = data.Records!.Value.Span; batches.Length > 0; batches = batches[(int)new RecordBatch(batches).Length..])
            last = new RecordBatch(batches).LastOffset;
        return last;
    }

    [Fact]
    public async Task A_parked_fetch_is_woken_by_the_append()
    {
        var parked = Fetch(Request(0)).AsTask();
        Assert.False(parked.IsCompleted);
        Append(_leader, "a");
        Assert.True(Only(await parked).Records!.Value.Length > 0);
    }

    [Fact]
    public async Task A_parked_fetch_ends_empty_when_its_time_is_up()
    {
        var parked = Fetch(Request(0)).AsTask();
        _bench.Time.Advance(TimeSpan.FromSeconds(21));
        var data = Only(await parked);
        Assert.Equal((ErrorCode.None, 0), (data.ErrorCode, data.Records!.Value.Length));
    }

    [Fact]
    public async Task A_parked_fetch_gives_way_to_the_request_behind_it()
    {
        var context = ApiBench.Context(12);
        var parked = _handler.HandleAsync(Request(0), context).AsTask();
        context.SignalAnotherRequest();
        Assert.Equal(ErrorCode.None, Only(await parked).ErrorCode);
    }

    [Fact]
    public async Task A_parked_fetch_ends_when_its_client_is_gone()
    {
        using var gone = new CancellationTokenSource();
        var parked = _handler.HandleAsync(Request(0), ApiBench.Context(12, aborted: gone.Token)).AsTask();
        await gone.CancelAsync();
        Assert.Equal(0, Only(await parked).Records!.Value.Length);
    }

    [Fact]
    public async Task A_parked_fetch_learns_at_once_that_the_leader_changed()
    {
        var parked = Fetch(Request(0), version: 9).AsTask();
        _leader.TakeRole(Order(leader: 2, epoch: 5, isr: [2]), Life);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Only(await parked).ErrorCode);
    }

    [Fact]
    public async Task It_waits_for_min_bytes()
    {
        var batch = Batch("a").Length;
        var request = Request(0);
        request.MinBytes = batch * 2;
        var parked = Fetch(request).AsTask();
        Append(_leader, "a");
        Assert.False(parked.IsCompleted);
        Append(_leader, "b");
        Assert.Equal(batch * 2, Only(await parked).Records!.Value.Length);
    }

    [Theory]
    [InlineData(1, 1_000_000)]
    [InlineData(1_000_000, 1)]
    [InlineData(0, 0)]
    public async Task The_first_batch_comes_however_small_the_limits(int maxBytes, int partitionMaxBytes)
    {
        Append(_leader, "a");
        Append(_leader, "b");
        var request = Request(0);
        request.MaxBytes = maxBytes;
        request.Topics[0].Partitions[0].PartitionMaxBytes = partitionMaxBytes;
        Assert.Equal(Batch("a").Length, Only(await Fetch(request)).Records!.Value.Length);
    }

    [Fact]
    public async Task An_error_of_one_partition_does_not_let_the_others_wait()
    {
        var request = Request(0);
        request.Topics[0].Partitions.Add(new FetchRequest.FetchPartition { Partition = 9, PartitionMaxBytes = 1000 });
        var partitions = (await Fetch(request)).Response!.Responses[0].Partitions;
        Assert.Equal([ErrorCode.None, ErrorCode.UnknownTopicOrPartition], partitions.Select(p => p.ErrorCode));
    }

    [Theory]
    [InlineData(999, -1, ErrorCode.OffsetOutOfRange)]
    [InlineData(-1, -1, ErrorCode.OffsetOutOfRange)]
    [InlineData(0, 5, ErrorCode.OffsetOutOfRange)]     // a last fetched epoch the leader has never heard of
    public async Task Offsets_and_epochs_outside_the_log_are_refused(long offset, int lastFetchedEpoch, ErrorCode expected)
    {
        var request = Request(offset);
        request.Topics[0].Partitions[0].LastFetchedEpoch = lastFetchedEpoch;
        var data = Only(await Fetch(request));
        Assert.Equal((expected, -1, -1), (data.ErrorCode, data.HighWatermark, data.LogStartOffset));
    }

    [Fact]
    public async Task By_topic_id_an_unknown_one_is_told_and_a_known_one_served()
    {
        Append(_leader, "a");
        var request = Request(0);
        Assert.Equal(ErrorCode.None, Only(await Fetch(request, version: 13)).ErrorCode);
        request.Topics[0].TopicId = Guid.Parse("00000000-0000-0000-0000-000000000001");
        Assert.Equal(ErrorCode.UnknownTopicId, Only(await Fetch(request, version: 13)).ErrorCode);
    }

    [Fact]
    public async Task From_version_16_on_the_answer_says_who_leads()
    {
        var request = Request(0);
        request.Topics[0].Partitions[0].Partition = 1;
        var response = (await Fetch(request, version: 16)).Response!;
        Assert.Equal((2, 4), (response.Responses[0].Partitions[0].CurrentLeader!.LeaderId, response.Responses[0].Partitions[0].CurrentLeader!.LeaderEpoch));
        Assert.Equal(9094, Assert.Single(response.NodeEndpoints).Port);
    }

    /// <summary>CVE-2018-1288: whoever calls itself a replica moves the watermark, so only the brokers' own listener is believed.</summary>
    [Fact]
    public async Task A_client_cannot_pass_for_a_replica_on_another_listener()
    {
        var request = Request(0);
        request.ReplicaId = 2;
        var result = await _handler.HandleAsync(request, ApiBench.Context(12, listener: "CLIENTS"));
        Assert.Equal(ErrorCode.ClusterAuthorizationFailed, result.Response!.ErrorCode);
    }

    private ValueTask<HandlerResult<FetchResponse>> Fetch(FetchRequest request, short version = 12) =>
        _handler.HandleAsync(request, ApiBench.Context(version));

    private static FetchRequest Request(long offset) => new()
    {
        MaxWaitMs = 20_000,
        MinBytes = 1,
        MaxBytes = 1_000_000,
        Topics = [new FetchRequest.FetchTopic
        {
            Topic = Id.Topic,
            TopicId = TopicId,
            Partitions = [new FetchRequest.FetchPartition { Partition = 0, FetchOffset = offset, PartitionMaxBytes = 1_000_000 }],
        }],
    };

    private static FetchResponse.PartitionData Only(HandlerResult<FetchResponse> result) =>
        Assert.Single(Assert.Single(result.Response!.Responses).Partitions);
}
