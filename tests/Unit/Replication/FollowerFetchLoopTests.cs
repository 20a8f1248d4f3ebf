using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>The loop that follows a leader, against a leader that answers as the test says.</summary>
public sealed class FollowerFetchLoopTests : IAsyncLifetime
{
    private static readonly LeaderAddress Address = new(1, "leader", 9092, "PLAINTEXT");
    private readonly ReplicaBench _bench = new();
    private readonly MemoryDisk _disk;
    private readonly ScriptedLeader _leader = new();
    private readonly FollowerFetchLoop _loop;
    private readonly ReplicationThrottle _throttle;
    private readonly Partition _follower;

    public FollowerFetchLoopTests()
    {
        var options = new FollowerFetchOptions { BrokerId = 2, Backoff = TimeSpan.FromSeconds(1) };
        _throttle = _bench.Unthrottled;
        _loop = new FollowerFetchLoop(Address, _leader, options, () => Life, _throttle, _bench.Time, NullLogger.Instance);
        _bench.Files = _disk = new MemoryDisk(_bench.Time);
        _follower = _bench.Replica(2);
        Follow(epoch: 0);
        _loop.Start();
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        _bench.Dispose();
    }

    private void Follow(int epoch, bool hurry = true)
    {
        _follower.TakeRole(Order(leader: 1, epoch, isr: [1, 2]), Life);
        _loop.Assign(_follower, new LeaderEpoch(epoch));
        if (epoch > 0 && hurry) _loop.Hurry();
    }

    [Fact]
    public async Task It_says_who_it_is_and_where_it_stands_and_appends_what_comes()
    {
        var first = await _leader.FetchAsync();
        Assert.Equal((2, Life.Value), (first.ReplicaState!.ReplicaId, first.ReplicaState.ReplicaEpoch));
        Assert.Equal(15, _leader.LastVersion);
        Assert.Equal((0, 0, -1), Asked(first));
        _leader.Answer(Records(highWatermark: 1, "a", "b"));

        Assert.Equal((0, 2, 0), Asked(await _leader.FetchAsync()));
        Assert.Equal((2, 1), (_follower.LogEndOffset, _follower.HighWatermark));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task KAFKA_14704_where_the_histories_part_it_cuts_and_asks_again_and_takes_nothing_else_from_that_answer()
    {
        await _leader.FetchAsync();
        _leader.Answer(Records(highWatermark: 1, "a", "b"));
        await _leader.FetchAsync();
        // Watermark and records beside a diverging epoch are not looked at.
        var parting = Records(highWatermark: 99, "not for us");
        parting.DivergingEpoch = new FetchResponse.EpochEndOffset { Epoch = 0, EndOffset = 0 };
        _leader.Answer(parting);

        Assert.Equal((0, 0, -1), Asked(await _leader.FetchAsync()));
        Assert.Equal((0, 0), (_follower.LogEndOffset, _follower.HighWatermark));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task KAFKA_12153_13207_and_13141_an_answer_for_an_older_epoch_is_dropped()
    {
        await _leader.FetchAsync();
        Follow(epoch: 1, hurry: false);
        _leader.Answer(Records(highWatermark: 1, "of the past"));

        Assert.Equal((1, 0, -1), Asked(await _leader.FetchAsync()));
        Assert.Equal(0, _follower.LogEndOffset);
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task A_new_assignment_does_not_wait_for_the_end_of_a_long_poll()
    {
        Assert.Equal((0, 0, -1), Asked(await _leader.FetchAsync()));
        Follow(epoch: 1);
        Assert.Equal((1, 0, -1), Asked(await _leader.FetchAsync()));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task An_offset_out_of_range_is_settled_by_asking_where_the_leader_s_log_lies()
    {
        await _leader.FetchAsync();
        _leader.Log = (500, 900);
        _leader.Answer(ErrorCode.OffsetOutOfRange);

        Assert.Equal((0, 500, -1), Asked(await AfterBackoff()));
        Assert.Equal(2, _leader.OffsetsAsked);
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task A_leader_that_is_not_ready_is_asked_again_after_the_backoff()
    {
        await _leader.FetchAsync();
        _leader.Answer(ErrorCode.NotLeaderOrFollower);
        Assert.Equal((0, 0, -1), Asked(await AfterBackoff()));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task A_cut_line_is_not_the_end()
    {
        await _leader.FetchAsync();
        _leader.Break();
        Assert.Equal((0, 0, -1), Asked(await AfterBackoff()));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task Records_that_cannot_be_appended_leave_the_log_as_it_is()
    {
        await _leader.FetchAsync();
        var broken = Batch("a");
        broken[^1] ^= 1;
        _leader.Answer(new FetchResponse.PartitionData { Records = broken, HighWatermark = 1 });
        Assert.Equal((0, 0, -1), Asked(await AfterBackoff()));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task A_full_disk_is_not_the_end_it_follows_on_when_there_is_room()
    {
        await _leader.FetchAsync();
        _disk.FreeBytes = 0;
        _leader.Answer(Records(highWatermark: 1, "a", "b"));
        Assert.Equal(0, Asked(await AfterBackoff()).Offset);
        _disk.FreeBytes = long.MaxValue;
        _leader.Answer(Records(highWatermark: 1, "a", "b"));
        Assert.Equal((0, 2, 0), Asked(await AfterBackoff()));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task A_fenced_follower_waits_for_its_next_order()
    {
        await _leader.FetchAsync();
        _leader.Answer(ErrorCode.FencedLeaderEpoch);
        while (!_loop.IsIdle) await Task.Yield();
        Assert.True(_leader.NothingAsked);

        Follow(epoch: 1);
        Assert.Equal((1, 0, -1), Asked(await _leader.FetchAsync()));
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task Over_the_throttle_s_rate_it_asks_for_what_is_in_sync_only()
    {
        _throttle.SetReplicas(Id.Topic, "*", brokerId: 2);
        _throttle.Rate = 1;
        await _leader.FetchAsync();
        _leader.Answer(Records(highWatermark: 9, "a"));
        // Behind the watermark and over the rate: nothing until the rate has come down.
        var before = _bench.Time.GetTimestamp();
        Assert.Equal((0, 1, 0), Asked(await AfterBackoff()));
        Assert.True(_bench.Time.GetElapsedTime(before) >= TimeSpan.FromSeconds(1));

        _leader.Answer(Records(offset: 1, highWatermark: 2, "b"));
        Assert.Equal((0, 2, 0), Asked(await _leader.FetchAsync()));
        Assert.True(_throttle.IsExceeded);
        _leader.AnswerEmpty();
    }

    /// <summary>Lets time pass until the loop asks again.</summary>
    private async Task<FetchRequest> AfterBackoff()
    {
        var next = _leader.FetchAsync();
        while (!next.IsCompleted)
        {
            _bench.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        return await next;
    }

    private static (int Epoch, long Offset, int LastFetchedEpoch) Asked(FetchRequest request)
    {
        var partition = Assert.Single(Assert.Single(request.Topics).Partitions);
        return (partition.CurrentLeaderEpoch, partition.FetchOffset, partition.LastFetchedEpoch);
    }

    private static FetchResponse.PartitionData Records(long highWatermark, params string[] values) => Records(offset: 0, highWatermark, values);

    private static FetchResponse.PartitionData Records(long offset, long highWatermark, params string[] values)
    {
        var batch = Batch(values);
        RecordBatch.SetBaseOffset(batch, offset);
        RecordBatch.SetLeaderEpoch(batch, 0);
        return new FetchResponse.PartitionData { Records = batch, HighWatermark = highWatermark, LogStartOffset = 0 };
    }
}
