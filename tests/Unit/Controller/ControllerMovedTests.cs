using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Unit.Controller;

/// <summary>
/// The controller moves in the middle of everything: each action is run once for every write it makes, and the term ends right before that write. The next
/// term has only ZooKeeper to go by and must bring it to the same end. After every write the tree must be sound.
/// </summary>
public sealed class ControllerMovedTests
{
    public static TheoryData<string> Actions => [.. Scenarios.Keys];

    private static readonly Dictionary<string, (Action<ControllerBench> Act, Func<ControllerBench, bool> IsDone)> Scenarios = new(StringComparer.Ordinal)
    {
        ["a topic is created"] = (
            bench => bench.CreateTopic("new", [2, 3], [3, 1]),
            bench => bench.State("new", 0) is { Leader: 2 } && bench.State("new", 1) is { Leader: 3 } && bench.Led(2, "new", 0).Any()),
        ["a broker dies"] = (
            bench => bench.Kill(2),
            bench => bench.State("t", 0) is { Leader: 3, Isr: [3] } && bench.Led(3, "t", 0).Any(order => order.Leader == 3)),
        ["a broker is bounced"] = (
            bench =>
            {
                bench.Kill(3);
                bench.Register(3, port: 9093);
            },
            bench => bench.Led(3, "t", 0).Count() > 1),
        ["partitions are added"] = (
            bench =>
            {
                var topic = bench.Assignment("t")!;
                var more = topic with { Replicas = new Dictionary<int, int[]>(topic.Replicas) { [1] = [3, 2] } };
                bench.ZooKeeper.Apply(new ZooKeeperOp.Set(TopicNode.Path("t"), TopicNode.Encode(more), -1));
            },
            bench => bench.State("t", 1) is { Leader: 3 } && bench.Led(3, "t", 1).Any(order => order.IsNew)),
        ["a topic is deleted"] = (
            bench => bench.ZooKeeper.Apply(new ZooKeeperOp.Create(DeleteTopicNode.Path("t"), [], CreateMode.Persistent)),
            bench => bench.ZooKeeper[TopicNode.Path("t")] is null && bench.ZooKeeper[DeleteTopicNode.Path("t")] is null),
        ["replicas are moved"] = (
            bench => bench.ZooKeeper.Apply(new ZooKeeperOp.Create(ReassignPartitionsNode.Path, ReassignPartitionsNode.Encode([("t", 0, [3])]), CreateMode.Persistent)),
            bench => bench.Assignment("t")!.Replicas[0] is [3] && bench.State("t", 0) is { Leader: 3, Isr: [3] } && bench.ZooKeeper[ReassignPartitionsNode.Path] is null),
        ["a preferred election is asked for"] = (
            bench => bench.ZooKeeper.Apply(new ZooKeeperOp.Create(PreferredElectionNode.Path, """{"version":1,"partitions":[{"topic":"t","partition":0}]}"""u8.ToArray(), CreateMode.Persistent)),
            bench => bench.ZooKeeper[PreferredElectionNode.Path] is null),
        ["an ISR is announced"] = (
            bench => bench.LeaderWrites("t", 0, 2),
            bench => !bench.ZooKeeper.HasChildren(IsrChangeNode.Parent)),
        ["a disk fails"] = (
            bench =>
            {
                bench.BrokenDisks[(2, new TopicPartition("t", 0))] = true;
                bench.ZooKeeper.Apply(new ZooKeeperOp.Create(LogDirEventNode.Prefix, LogDirEventNode.Encode(2), CreateMode.PersistentSequential));
            },
            bench => bench.State("t", 0) is { Leader: 3, Isr: [3] } && !bench.ZooKeeper.HasChildren(LogDirEventNode.Parent)),
    };

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task The_next_controller_brings_it_to_its_end(string action)
    {
        var (act, isDone) = Scenarios[action];
        int writes = await RunAsync(act, isDone, endTermBeforeWrite: int.MaxValue);
        for (int n = 0; n < writes; n++) await RunAsync(act, isDone, n);
    }

    private static async Task<int> RunAsync(Action<ControllerBench> act, Func<ControllerBench, bool> isDone, int endTermBeforeWrite)
    {
        await using var bench = new ControllerBench();
        await bench.StartAsync();
        await bench.TopicAsync("t", [2, 3]);
        await ControllerBench.UntilAsync(() => bench.Led(3, "t", 0).Any());
        int before = bench.ZooKeeper.Writes.Count;
        bool ended = false;
        bench.ZooKeeper.AfterWrite = () => IsSound(bench);
        bench.ZooKeeper.BeforeWrite = write =>
        {
            if (ended || write - before < endTermBeforeWrite) return;
            ended = true;
            bench.EndTerm();
        };

        act(bench);

        await ControllerBench.UntilAsync(() => isDone(bench));
        await ControllerBench.UntilAsync(() => bench.Controller.IsActive);
        Assert.All(bench.ZooKeeper.Writes, KAFKA_6082_IsFenced);
        return bench.ZooKeeper.Writes.Count - before;
    }

    /// <summary>KAFKA-6082: every write of a controller is a transaction behind the check of /controller_epoch; only winning the seat is not.</summary>
    private static void KAFKA_6082_IsFenced(IReadOnlyList<ZooKeeperOp> write)
    {
        bool winsTheSeat = write.Any(op => op.Path == ControllerNode.Path) || write.All(op => op.Path == ControllerEpochNode.Path);
        Assert.True(winsTheSeat || write[0] is ZooKeeperOp.Check { Path: ControllerEpochNode.Path }, $"not fenced: {write[0]}");
    }

    /// <summary>KAFKA-9672, KAFKA-5083, KAFKA-708, KAFKA-1097, KAFKA-1170: an ISR is never empty and never names a broker outside the replicas.</summary>
    private static void IsSound(ControllerBench bench)
    {
        foreach (string topic in new[] { "t", "new" })
        {
            if (bench.Assignment(topic) is not { } assignment) continue;
            foreach (var (partition, replicas) in assignment.Replicas)
            {
                if (bench.State(topic, partition) is not { } state) continue;
                Assert.NotEmpty(state.Isr);
                Assert.Empty(state.Isr.Except(replicas));
                Assert.True(state.Leader == PartitionState.NoLeader || state.Isr.Contains(state.Leader));
            }
        }
    }
}
