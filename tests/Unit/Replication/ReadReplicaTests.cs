using ClassicBroker.Coordination;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Consumers that read from a replica in their rack (KIP-392).</summary>
public sealed class ReadReplicaTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private static ReadCandidate On(int broker, string? rack, long end = 10, double seconds = 0) => new(broker, rack, end, TimeSpan.FromSeconds(seconds));

    [Fact]
    public void The_leader_when_it_is_in_the_rack_or_nobody_is()
    {
        Assert.Null(ReadReplicaSelection.Choose("a", On(1, "a"), [On(2, "a")]));
        Assert.Null(ReadReplicaSelection.Choose("c", On(1, "a"), [On(2, "b")]));
        Assert.Null(ReadReplicaSelection.Choose("", On(1, "a"), [On(2, "")]));
    }

    [Fact]
    public void Else_the_most_caught_up_replica_of_the_rack()
    {
        Assert.Equal(3, ReadReplicaSelection.Choose("b", On(1, "a"), [On(2, "b", end: 9), On(3, "b", end: 10), On(4, "c", end: 99)]));
        Assert.Equal(2, ReadReplicaSelection.Choose("b", On(1, "a"), [On(2, "b", seconds: 1), On(3, "b", seconds: 2)]));
        Assert.Equal(3, ReadReplicaSelection.Choose("b", On(1, "a"), [On(2, "b"), On(3, "b")]));
    }

    [Theory]
    [InlineData("there", 0, 2, 0)]     // broker 2 is there, in sync and has the offset: no records, go there
    [InlineData("here", 0, -1, 1)]
    [InlineData("nowhere", 0, -1, 1)]
    [InlineData("", 0, -1, 1)]
    public async Task The_answer_names_the_replica_and_carries_no_records(string rack, long offset, int preferred, int batches)
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        FetchAs(2, leader, 1);
        var data = await Fetch(leader, rack, offset);
        Assert.Equal((ErrorCode.None, preferred, batches > 0), (data.ErrorCode, data.PreferredReadReplica, data.Records!.Value.Length > 0));
        Assert.Equal(1, data.HighWatermark);
    }

    [Fact]
    public async Task A_replica_that_has_not_the_offset_or_is_not_in_sync_is_not_named()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        FetchAs(2, leader, 0);
        Assert.Equal(-1, (await Fetch(leader, "there", offset: 1)).PreferredReadReplica);
        var alone = _bench.Leader(1, epoch: 0, isr: [1]);
        Append(alone, "a");
        _bench.Ineligible.Add(2);
        FetchAs(2, alone, 1);
        Assert.Equal(-1, (await Fetch(alone, "there", offset: 0)).PreferredReadReplica);
    }

    [Fact]
    public void A_follower_serves_to_its_watermark_is_empty_above_it_and_out_of_range_above_its_end()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var follower = _bench.Replica(2);
        follower.TakeRole(Order(leader: 1, epoch: 0, isr: [1, 2]), Life);
        Append(leader, "a");
        for (var fetch = 0; fetch < 3; fetch++) Follow(2, follower, leader);
        Append(leader, "b");
        Follow(2, follower, leader);
        Assert.Equal((2, 1), (follower.LogEndOffset, follower.HighWatermark));

        var query = new ReadQuery { ReplicaId = -1, CurrentLeaderEpoch = new LeaderEpoch(0), LastFetchedEpoch = -1, FollowersMayServe = true };
        using (var read = follower.Read(query, 1000, true).Read) Assert.Equal(Batch("a").Length, read.Records.Length);
        Assert.Equal((ErrorCode.None, 0), (follower.Read(query with { FetchOffset = 1 }, 1000, true).Error, follower.Read(query with { FetchOffset = 2 }, 1000, true).Bytes));
        Assert.Equal(ErrorCode.OffsetOutOfRange, follower.Read(query with { FetchOffset = 3 }, 1000, true).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, follower.Read(query with { CurrentLeaderEpoch = new LeaderEpoch(1) }, 1000, true).Error);
    }

    private async Task<FetchResponse.PartitionData> Fetch(Partition leader, string rack, long offset)
    {
        var request = new FetchRequest
        {
            MaxBytes = 1000,
            RackId = rack,
            Topics = [new FetchRequest.FetchTopic { Topic = Id.Topic, Partitions = [new FetchRequest.FetchPartition { FetchOffset = offset, PartitionMaxBytes = 1000 }] }],
        };
        var response = await new ApiBench(leader).FetchHandler(_bench.Time, rackAware: true).HandleAsync(request, ApiBench.Context(12));
        return response.Response!.Responses[0].Partitions[0];
    }
}
