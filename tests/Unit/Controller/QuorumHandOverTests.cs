using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Controller;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Controller;

public sealed class QuorumHandOverTests : IAsyncDisposable
{
    private readonly ControllerBench _bench = new(new ControllerRules { AutoLeaderRebalance = false, HandOversPerSecond = 2 });
    private Guid _topicId;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task The_leadership_goes_to_a_member_of_the_isr_the_old_leader_does_not_reach()
    {
        await StartAsync([1, 2, 3]);

        Assert.Equal(ErrorCode.None, await AskAsync(1, reachable: [1, 2]));

        Assert.Equal(State(3, 1, 1, [1, 2, 3]), _bench.State("t", 0)! with { ControllerEpoch = new ControllerEpoch(1) });
        await ControllerBench.UntilAsync(() => _bench.Led(3, "t", 0).Any(order => order.Leader == 3 && order.LeaderEpoch == 1));
    }

    [Fact]
    public void Whoever_has_given_up_lately_comes_last_and_outsiders_never() => Assert.Equal(
        (2, 3),
        (LeaderElection.HandOver([1, 2, 3, 4], State(3, 4, 6, [1, 2, 3]), [3], new HashSet<int> { 1 }, _ => true, new ControllerEpoch(7))!.Leader,
            LeaderElection.HandOver([4, 3, 1], State(1, 4, 6, [1, 3]), [1, 3], new HashSet<int>(), _ => true, new ControllerEpoch(7))!.Leader));

    [Fact]
    public async Task Without_another_live_member_of_the_isr_the_leader_stays()
    {
        await StartAsync([1, 2, 3]);
        _bench.LeaderWrites("t", 0, 1);

        Assert.Equal(ErrorCode.EligibleLeadersNotAvailable, await AskAsync(1, reachable: [1]));
        Assert.Equal(1, _bench.State("t", 0)!.Leader);
    }

    [Fact]
    public async Task The_past_is_refused()
    {
        await StartAsync([1, 2, 3]);

        Assert.Equal(ErrorCode.FencedLeaderEpoch, await AskAsync(1, [1], leaderEpoch: -1));
        Assert.Equal(ErrorCode.FencedLeaderEpoch, await AskAsync(2, [2]));
        Assert.Equal(ErrorCode.StaleBrokerEpoch, await AskAsync(1, [1], brokerEpoch: _bench.EpochOf(1).Value - 1));
        Assert.Equal(ErrorCode.StaleControllerEpoch, await AskAsync(1, [1], controllerEpoch: 0));
        Assert.Equal(ErrorCode.NotController, await AskAsync(1, [1], controllerEpoch: 2));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, await AskAsync(1, [1], topicId: Guid.NewGuid()));
        Assert.Equal(0, _bench.State("t", 0)!.LeaderEpoch.Value);
    }

    [Fact]
    public async Task One_partition_is_not_handed_over_again_before_the_pause_is_over()
    {
        await StartAsync([1, 2, 3]);
        await AskAsync(1, [1]);

        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, await AskAsync(2, [2], leaderEpoch: 1));
        _bench.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ErrorCode.None, await AskAsync(2, [2], leaderEpoch: 1));
        Assert.Equal(3, _bench.State("t", 0)!.Leader);
    }

    [Fact]
    public async Task All_together_are_handed_over_at_a_bounded_rate()
    {
        await StartAsync([1, 2], [1, 2], [1, 2]);

        var answer = await _bench.Controller.HandOverAsync(Order(1, [1], 0, null, null, null, partitions: 3), TestContext.Current.CancellationToken);

        Assert.Equal([0, 0, (short)ErrorCode.ThrottlingQuotaExceeded], answer.Partitions.Select(one => one.ErrorCode));
    }

    private async Task StartAsync(params int[][] replicas)
    {
        await _bench.StartAsync();
        _topicId = await _bench.TopicAsync("t", replicas);
    }

    private async Task<ErrorCode> AskAsync(
        int sender, int[] reachable, int leaderEpoch = 0, long? brokerEpoch = null, int? controllerEpoch = null, Guid? topicId = null)
    {
        var answer = await _bench.Controller.HandOverAsync(Order(sender, reachable, leaderEpoch, brokerEpoch, controllerEpoch, topicId), TestContext.Current.CancellationToken);
        return (ErrorCode)(answer.ErrorCode != 0 ? answer.ErrorCode : answer.Partitions[0].ErrorCode);
    }

    private HandOverOrder Order(int sender, int[] reachable, int leaderEpoch, long? brokerEpoch, int? controllerEpoch, Guid? topicId, int partitions = 1) => new()
    {
        BrokerId = sender,
        BrokerEpoch = brokerEpoch ?? _bench.EpochOf(sender).Value,
        ControllerEpoch = controllerEpoch ?? 1,
        Partitions = [.. Enumerable.Range(0, partitions).Select(partition => new HandOverPartition
        {
            Topic = "t",
            TopicId = topicId ?? _topicId,
            Partition = partition,
            LeaderEpoch = leaderEpoch,
            Reachable = reachable,
        })],
    };
}
