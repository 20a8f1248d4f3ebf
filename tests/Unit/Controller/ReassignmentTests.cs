using ClassicBroker.Broker.Controller;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Unit.Controller;

public sealed class ReassignmentTests : IAsyncDisposable
{
    private static readonly ControllerEpoch Seven = new(7);
    private readonly ControllerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public void A_move_begins_with_all_replicas_and_ends_with_the_target()
    {
        var begun = PartitionReassignment.Begin([1, 2], [], [3, 2], State(1, 4, 6, [1, 2]), _ => true, Seven)!;

        Assert.Equal("3,2,1 +3 -1 stops ", Words(begun));
        Assert.Equal(State(1, 5, 7, [1, 2]), begun.State);
        Assert.Null(PartitionReassignment.Finish(begun.Replicas, begun.Removing, begun.State, _ => true, Seven));

        var done = PartitionReassignment.Finish(begun.Replicas, begun.Removing, State(1, 5, 7, [1, 2, 3]), _ => true, Seven)!;

        Assert.Equal("3,2 + - stops 1", Words(done));
        Assert.True(done.IsLast);
        Assert.Equal(State(3, 6, 7, [2, 3]), done.State);
    }

    [Fact]
    public void A_move_over_another_keeps_the_origin_and_drops_what_only_the_other_wanted()
    {
        var step = PartitionReassignment.Begin([3, 2, 1], [3], [4, 1], State(1, 5, 7, [1, 2, 3]), _ => true, Seven)!;

        Assert.Equal("4,1,2 +4 -2 stops 3", Words(step));
        Assert.Equal(State(1, 6, 7, [1, 2]), step.State);
    }

    [Fact]
    public void KAFKA_5083_a_move_that_would_empty_the_isr_is_refused() =>
        Assert.Null(PartitionReassignment.Begin([3, 1], [3], [1], State(3, 5, 7, [3]), _ => true, Seven));

    [Fact]
    public void Nobody_of_the_target_alive_is_no_end() =>
        Assert.Null(PartitionReassignment.Finish([3, 1], [1], State(1, 5, 7, [1, 3]), id => id == 1, Seven));

    [Fact]
    public async Task A_partition_moves_when_its_target_is_in_sync_and_the_old_replica_is_deleted()
    {
        await _bench.StartAsync();
        await _bench.TopicAsync("t", [1, 2]);

        Assert.Equal(ErrorCode.None, (await _bench.ReassignAsync("t", 0, [3, 2])).Error);
        await ControllerBench.UntilAsync(() => _bench.Led(3, "t", 0).Any(order => order.IsNew && order.Adding is [3] && order.Removing is [1]));
        Assert.Equal([3, 2, 1], _bench.Assignment("t")!.Replicas[0]);
        Assert.Equal([new OngoingReassignment(new TopicPartition("t", 0), [3, 2, 1], [3], [1])],
            (await _bench.Controller.ReassignmentsAsync(default))!, (a, b) => a.Partition == b.Partition && a.Replicas.SequenceEqual(b.Replicas));
        _bench.LeaderWrites("t", 0, 1, 2, 3);

        await ControllerBench.UntilAsync(() => _bench.Assignment("t")!.Adding.Count == 0 && _bench.Assignment("t")!.Removing.Count == 0);
        Assert.Equal([3, 2], _bench.Assignment("t")!.Replicas[0]);
        Assert.Equal((3, "2,3"), (_bench.State("t", 0)!.Leader, string.Join(",", _bench.State("t", 0)!.Isr.Order())));
        await ControllerBench.UntilAsync(() => _bench.Stopped(1, "t").Any(stop => stop.Delete));
    }

    [Fact]
    public async Task KAFKA_9539_a_replica_that_ends_is_stopped_under_the_leader_epoch_that_ended_it()
    {
        await _bench.StartAsync();
        var id = await _bench.TopicAsync("t", [1, 2, 3]);

        await _bench.ReassignAsync("t", 0, [1, 2]);
        await ControllerBench.UntilAsync(() => _bench.Stopped(3, "t").Any());

        var stop = Assert.Single(_bench.Stopped(3, "t"));
        Assert.Equal((_bench.State("t", 0)!.LeaderEpoch.Value, id), (stop.LeaderEpoch, stop.TopicId));
    }

    [Fact]
    public async Task A_cancelled_move_goes_back_and_ends_the_replicas_that_were_being_added()
    {
        await _bench.StartAsync();
        await _bench.TopicAsync("t", [1, 2]);
        Assert.Equal(ErrorCode.NoReassignmentInProgress, (await _bench.ReassignAsync("t", 0, null)).Error);
        await _bench.ReassignAsync("t", 0, [3]);

        Assert.Equal(ErrorCode.None, (await _bench.ReassignAsync("t", 0, null)).Error);

        Assert.Equal([1, 2], _bench.Assignment("t")!.Replicas[0].Order());
        Assert.Empty((await _bench.Controller.ReassignmentsAsync(default))!);
        await ControllerBench.UntilAsync(() => _bench.Stopped(3, "t").Any(stop => stop.Delete));
    }

    [Theory]
    [InlineData("none", new[] { 1 }, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("t", new int[0], ErrorCode.InvalidReplicaAssignment)]
    [InlineData("t", new[] { 1, 1 }, ErrorCode.InvalidReplicaAssignment)]
    [InlineData("t", new[] { -1 }, ErrorCode.InvalidReplicaAssignment)]
    [InlineData("t", new[] { 9 }, ErrorCode.InvalidReplicaAssignment)]
    public async Task What_cannot_be_is_refused_and_changes_nothing(string topic, int[] target, ErrorCode expected)
    {
        await _bench.StartAsync();
        await _bench.TopicAsync("t", [1, 2]);
        int before = _bench.ZooKeeper.Writes.Count;

        Assert.Equal(expected, (await _bench.ReassignAsync(topic, 0, target)).Error);
        Assert.Equal(before, _bench.ZooKeeper.Writes.Count);
    }

    [Fact]
    public async Task KAFKA_9672_replicas_isr_and_leader_are_written_together_and_a_leader_that_wrote_meanwhile_is_heard()
    {
        await _bench.StartAsync();
        await _bench.TopicAsync("t", [1, 2, 3]);
        bool raced = false;
        _bench.ZooKeeper.BeforeWrite = _ =>
        {
            if (raced) return;
            raced = true;
            _bench.ZooKeeper.Apply(new ZooKeeperOp.Set(PartitionStateNode.Path("t", 0), PartitionStateNode.Encode(_bench.State("t", 0)! with { Isr = [1, 3] }), -1));
        };

        Assert.Equal(ErrorCode.None, (await _bench.ReassignAsync("t", 0, [3])).Error);

        Assert.True(raced);
        Assert.Equal((3, "3"), (_bench.State("t", 0)!.Leader, string.Join(",", _bench.State("t", 0)!.Isr)));
        var write = _bench.ZooKeeper.Writes.Last(ops => ops.Any(op => op.Path == TopicNode.Path("t")));
        Assert.Contains(write, op => op.Path == PartitionStateNode.Path("t", 0));
    }

    [Fact]
    public async Task The_old_tools_znode_is_honoured_and_removed_at_the_end()
    {
        await _bench.StartAsync();
        await _bench.TopicAsync("t", [1, 2], [1, 2]);

        _bench.ZooKeeper.Apply(new ZooKeeperOp.Create(ReassignPartitionsNode.Path, ReassignPartitionsNode.Encode([("t", 0, [3, 2]), ("t", 1, [2, 1]), ("gone", 0, [1])]), CreateMode.Persistent));
        await ControllerBench.UntilAsync(() => _bench.Assignment("t")!.Adding.ContainsKey(0) && _bench.Assignment("t")!.Replicas[1] is [2, 1]);
        await ControllerBench.UntilAsync(() => _bench.ZooKeeper[ReassignPartitionsNode.Path] is { } node && ReassignPartitionsNode.Decode(node.Data).Count == 1);
        _bench.LeaderWrites("t", 0, 1, 2, 3);

        await ControllerBench.UntilAsync(() => _bench.ZooKeeper[ReassignPartitionsNode.Path] is null);
        Assert.Equal([3, 2], _bench.Assignment("t")!.Replicas[0]);
    }

    private static string Words(ReassignmentStep step) =>
        $"{string.Join(",", step.Replicas)} +{string.Join(",", step.Adding)} -{string.Join(",", step.Removing)} stops {string.Join(",", step.Stopped)}";
}
