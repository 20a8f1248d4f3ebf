using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>The quorum hand-over: a leader that loses its quorum asks for another leader instead of shrinking the ISR below the minimum.</summary>
public sealed class HandOverTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("1,2,3", "2,3", 2, "2,3", true)]     // alone with the minimum lost, both others alive
    [InlineData("1,2,3", "3", 2, "2,3", false)]      // a shrink that keeps the minimum
    [InlineData("1,2,3", "2,3", 1, "2,3", false)]    // one is enough
    [InlineData("1,2,3", "2,3", 2, "", false)]       // they are dead: nobody to hand over to
    [InlineData("1,2,3", "2,3", 2, "2", false)]      // one alive is no quorum without us
    [InlineData("1,2", "2", 2, "2", false)]
    [InlineData("1", "", 2, "2,3", false)]           // below the minimum already: a shrink is not what did it
    public void It_yields_when_a_quorum_is_to_be_had_without_it(string isr, string fallenOut, int minIsr, string alive, bool yields) =>
        Assert.Equal(yields, HandOverRules.ShouldYield(Ids(isr), Ids(fallenOut), leader: 1, minIsr, Ids(alive).Contains));

    [Theory]
    [InlineData(HandOverStage.Leading, null, true)]
    [InlineData(HandOverStage.Yielding, null, false)]
    [InlineData(HandOverStage.Refused, 59.0, false)]
    [InlineData(HandOverStage.Refused, 61.0, true)]
    [InlineData(HandOverStage.Leading, 30.0, false)]    // led again since, but refused not long ago
    public void It_asks_once_and_after_a_refusal_not_for_a_minute(HandOverStage stage, double? seconds, bool may) =>
        Assert.Equal(may, HandOverRules.MayAsk(stage, seconds is { } s ? TimeSpan.FromSeconds(s) : null));

    [Fact]
    public async Task A_yielding_leader_acknowledges_nothing_and_keeps_its_isr()
    {
        var leader = CutOff(out var asked);
        var stored = Append(leader, "acks 1, not answered yet");
        var wait = leader.WaitForCommitAsync(AppendAll(leader, "acks all"), TimeSpan.FromMinutes(5)).AsTask();
        leader.CheckIsr();

        Assert.Equal((1, HandOverStage.Yielding), (asked.Count, leader.HandOver));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(leader, "b").Error);
        Assert.False(leader.StillLeads(stored));
        Assert.Null(leader.CurrentProposal());
        Assert.Equal([1, 2, 3], leader.Isr);
        leader.CheckIsr();
        Assert.Single(asked);

        leader.TakeRole(Order(leader: 2, epoch: 1, isr: [1, 2, 3]), Life);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, await wait);
    }

    [Fact]
    public void Refused_it_goes_on_as_kafka_would()
    {
        var leader = CutOff(out _);
        leader.CheckIsr();
        leader.HandOverRefused(leader.CurrentWish()!);
        Assert.Equal([1], leader.CurrentProposal()!.Wanted.Isr);
        Assert.Equal(ErrorCode.None, Append(leader, "b").Error);
    }

    [Fact]
    public void A_refusal_for_a_past_epoch_is_dropped()
    {
        var leader = CutOff(out _);
        leader.CheckIsr();
        var old = leader.CurrentWish()!;
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2, 3]), Life);
        leader.HandOverRefused(old);
        Assert.Null(leader.CurrentProposal());
        Assert.Equal((HandOverStage.Leading, ErrorCode.None), (leader.HandOver, Append(leader, "b").Error));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_granted_or_not_answered_goes_back_to_the_leader(bool unreachable)
    {
        var leader = CutOff(out _);
        var controller = new Controller(() => unreachable ? throw new IOException("no route") : HandOverReply.Refused);
        await using var handOvers = new HandOvers(controller, _bench.Time, NullLogger<HandOvers>.Instance);
        leader.HandOverWanted += handOvers.Enqueue;
        await handOvers.StartAsync(CancellationToken.None);
        leader.CheckIsr();
        await UntilAsync(() => leader.HandOver == HandOverStage.Refused);
        Assert.Equal([1], Assert.Single(controller.Asked).Reachable);
    }

    [Fact]
    public async Task A_grant_without_an_order_is_as_good_as_a_refusal()
    {
        var leader = CutOff(out _);
        var controller = new Controller(() => HandOverReply.Granted);
        await using var handOvers = new HandOvers(controller, _bench.Time, NullLogger<HandOvers>.Instance);
        leader.HandOverWanted += handOvers.Enqueue;
        await handOvers.StartAsync(CancellationToken.None);
        leader.CheckIsr();
        await UntilAsync(() => controller.Asked.Count == 1);
        Assert.Equal(HandOverStage.Yielding, leader.HandOver);
        await UntilAsync(() => leader.HandOver == HandOverStage.Refused);
    }

    [Fact]
    public async Task A_controller_that_has_no_time_is_asked_again_but_not_for_ever()
    {
        var leader = CutOff(out _);
        var controller = new Controller(() => HandOverReply.AskAgain);
        await using var handOvers = new HandOvers(controller, _bench.Time, NullLogger<HandOvers>.Instance);
        leader.HandOverWanted += handOvers.Enqueue;
        await handOvers.StartAsync(CancellationToken.None);
        leader.CheckIsr();
        await UntilAsync(() => leader.HandOver == HandOverStage.Refused);
        Assert.InRange(controller.Asked.Count, 2, 12);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _bench.Time.Advance(HandOvers.GatherFor);
            await Task.Yield();
        }
    }

    /// <summary>Leader 1 of [1,2,3] with min.insync.replicas=2, whom nobody has reached for longer than the lag time.</summary>
    private Partition CutOff(out List<Partition> asked)
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 3], minInsync: 2);
        Append(leader, "a");
        _bench.Time.Advance(MaxLag + TimeSpan.FromSeconds(1));
        List<Partition> list = asked = [];
        leader.HandOverWanted += list.Add;
        return leader;
    }

    private static int[] Ids(string ids) => [.. ids.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private sealed class Controller(Func<HandOverReply> answer) : IHandOverRequests
    {
        public List<HandOverWish> Asked { get; } = [];

        public Task<IReadOnlyDictionary<HandOverWish, HandOverReply>> AskAsync(IReadOnlyCollection<HandOverWish> wishes, CancellationToken ct)
        {
            Asked.AddRange(wishes);
            return Task.FromResult<IReadOnlyDictionary<HandOverWish, HandOverReply>>(wishes.ToDictionary(w => w, _ => answer()));
        }
    }
}
