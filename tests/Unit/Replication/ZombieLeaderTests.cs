using ClassicBroker.Coordination;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>A leader whose session ended while it was stopped or cut off (KAFKA-1096 and every "zombie" since): nothing it does afterwards may count.</summary>
public sealed class ZombieLeaderTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task An_answer_rendered_before_the_stop_is_not_given_after_it()
    {
        var leader = _bench.Leader(1, epoch: 4, isr: [1]);
        var result = await new ProduceHandler(new ApiBench(leader).Hosted).HandleAsync(Produce(acks: 1), ApiBench.Context(9));
        Assert.Equal(ErrorCode.None, result.Response!.Responses[0].PartitionResponses[0].ErrorCode);
        Assert.True(result.Fence!.Holds);
        _bench.Fence.Registered = new BrokerEpoch(-1);
        Assert.False(result.Fence.Holds);
    }

    [Fact]
    public async Task A_refusal_may_be_given_whenever()
    {
        var leader = _bench.Leader(1, epoch: 4, isr: [1]);
        _bench.Fence.Registered = new BrokerEpoch(-1);
        var result = await new ProduceHandler(new ApiBench(leader).Hosted).HandleAsync(Produce(acks: 1), ApiBench.Context(9));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, result.Response!.Responses[0].PartitionResponses[0].ErrorCode);
        Assert.True(result.Fence!.Holds);
    }

    [Fact]
    public async Task With_acks_0_the_connection_is_closed()
    {
        var leader = _bench.Leader(1, epoch: 4, isr: [1]);
        _bench.Fence.Registered = new BrokerEpoch(-1);
        var result = await new ProduceHandler(new ApiBench(leader).Hosted).HandleAsync(Produce(acks: 0), ApiBench.Context(9));
        Assert.True(result is { Response: null, CloseConnection: true });
        Assert.Equal(0, leader.LogEndOffset);
    }

    [Fact]
    public async Task Acks_all_that_waited_through_the_stop_is_refused()
    {
        var leader = _bench.Leader(1, epoch: 4, isr: [1, 2]);
        var produce = new ProduceHandler(new ApiBench(leader).Hosted).HandleAsync(Produce(acks: -1), ApiBench.Context(9)).AsTask();
        _bench.Fence.Registered = new BrokerEpoch(-1);
        // The follower's fetch that was in the socket when the process was stopped.
        FetchAs(2, leader, 1);
        leader.TakeRole(Order(leader: 2, epoch: 5, isr: [2]), Life);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await produce).Response!.Responses[0].PartitionResponses[0].ErrorCode);
    }

    [Fact]
    public void Reads_and_offsets_are_refused_too()
    {
        var leader = _bench.Leader(1, epoch: 4, isr: [1]);
        Append(leader, "a");
        _bench.Fence.Registered = new BrokerEpoch(-1);
        var consumer = new ReadQuery { ReplicaId = -1, CurrentLeaderEpoch = new LeaderEpoch(-1), LastFetchedEpoch = -1 };
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.Read(consumer, 100, true).Error);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.LookUpOffset(OffsetLookup.Latest, -1, new LeaderEpoch(-1)).Error);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.EndOffsetForEpoch(4, new LeaderEpoch(-1)).Error);
        Assert.Null(leader.CurrentProposal());
    }

    private static ProduceRequest Produce(short acks) => new()
    {
        Acks = acks,
        TimeoutMs = 60_000,
        TopicData = [new ProduceRequest.TopicProduceData
        {
            Name = Id.Topic,
            PartitionData = [new ProduceRequest.PartitionProduceData { Index = 0, Records = Batch("a") }],
        }],
    };
}
