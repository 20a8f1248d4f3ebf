using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging.Abstractions;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>ISR changes by compare-and-set: the proposal, the maximal ISR meanwhile, and every way the write can end.</summary>
public sealed class IsrTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_follower_behind_for_longer_than_the_lag_time_is_proposed_out()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 3]);
        Append(leader, "a");
        FetchAs(2, leader, 1);
        _bench.Time.Advance(MaxLag / 2);
        leader.CheckIsr();
        Assert.Null(leader.CurrentProposal());

        FetchAs(2, leader, 1);
        _bench.Time.Advance(MaxLag / 2 + TimeSpan.FromSeconds(1));
        leader.CheckIsr();
        Assert.Equal([1, 2], leader.CurrentProposal()!.Wanted.Isr);
    }

    [Fact]
    public void A_shrink_in_flight_does_not_commit_anything_yet()
    {
        var leader = LeaderWithShrinkInFlight();
        Assert.Equal(0, leader.HighWatermark);

        leader.SettleIsr(leader.CurrentProposal()!, Stored([1, 2], zkVersion: 1));
        Assert.Equal(1, leader.HighWatermark);
        Assert.Equal([1, 2], leader.Isr);
    }

    [Fact]
    public void An_expand_in_flight_already_counts_the_one_being_added()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        FetchAs(3, leader, 0);
        Assert.Equal([1, 2, 3], leader.CurrentProposal()!.Wanted.Isr);

        Append(leader, "a");
        FetchAs(2, leader, 1);
        Assert.Equal(0, leader.HighWatermark);
        Assert.Equal([1, 2], leader.Isr);
    }

    [Fact]
    public void An_ineligible_replica_is_neither_proposed_nor_waited_for()
    {
        _bench.Ineligible.Add(3);
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        FetchAs(3, leader, 0);
        Append(leader, "a");
        FetchAs(2, leader, 1);
        Assert.Null(leader.CurrentProposal());
        Assert.Equal(1, leader.HighWatermark);
    }

    /// <summary>KAFKA-7128: at the watermark, but below the start of the leader's epoch.</summary>
    [Fact]
    public void A_follower_below_the_start_of_the_epoch_is_not_let_in()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a", "b");
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        Assert.Equal(0, leader.HighWatermark);

        FetchAs(3, leader, 1);
        Assert.Null(leader.CurrentProposal());
        FetchAs(3, leader, 2);
        Assert.Equal([1, 2, 3], leader.CurrentProposal()!.Wanted.Isr);
    }

    [Fact]
    public void A_proposal_passed_over_while_out_of_touch_is_not_forgotten()
    {
        var leader = LeaderWithShrinkInFlight();
        _bench.Fence.Registered = BrokerEpoch.None;
        Assert.Null(leader.CurrentProposal());
        _bench.Fence.Registered = Life;

        var queued = 0;
        leader.IsrProposed += _ => queued++;
        leader.CheckIsr();
        Assert.Equal(1, queued);
        Assert.NotNull(leader.CurrentProposal());
    }

    /// <summary>KAFKA-1382 and its line: the own write landed, the reply was lost, the version moved. Never "cached version not equal" again.</summary>
    [Fact]
    public async Task A_lost_reply_is_settled_by_what_zookeeper_holds()
    {
        var leader = LeaderWithShrinkInFlight();
        var writer = new ScriptedIsrWriter(proposal => new IsrWriteResult(false, new VersionedPartitionState(proposal.Wanted, new ZkVersion(1))));
        await using var updates = new IsrUpdates(writer, _bench.Time, NullLogger<IsrUpdates>.Instance);

        await updates.WriteAsync(leader, CancellationToken.None);

        Assert.Equal([1, 2], leader.Isr);
        Assert.Null(leader.CurrentProposal());
        Assert.Equal(1, leader.Status().ZkVersion);
    }

    [Fact]
    public async Task A_newer_leader_epoch_makes_the_leader_step_back()
    {
        var leader = LeaderWithShrinkInFlight();
        var stored = AppendAll(leader, "never committed here");
        var wait = leader.WaitForCommitAsync(stored, TimeSpan.FromSeconds(5)).AsTask();
        var writer = new ScriptedIsrWriter(_ => new IsrWriteResult(false, new VersionedPartitionState(State(2, 1, 1, [2]), new ZkVersion(4))));
        await using var updates = new IsrUpdates(writer, _bench.Time, NullLogger<IsrUpdates>.Instance);

        await updates.WriteAsync(leader, CancellationToken.None);

        Assert.Equal(ErrorCode.NotLeaderOrFollower, await wait);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(leader, "b").Error);
        leader.TakeRole(Order(leader: 1, epoch: 2, isr: [1]), Life);
        Assert.Equal(ErrorCode.None, Append(leader, "b").Error);
    }

    [Fact]
    public async Task Another_write_under_the_same_epoch_is_taken_over_and_judged_anew()
    {
        var leader = LeaderWithShrinkInFlight();
        var answers = new Queue<IsrWriteResult>([new IsrWriteResult(false, Stored([1, 3], zkVersion: 7))]);
        var writer = new ScriptedIsrWriter(proposal => answers.TryDequeue(out var refused) ? refused : Written(proposal));
        await using var updates = new IsrUpdates(writer, _bench.Time, NullLogger<IsrUpdates>.Instance);

        await updates.WriteAsync(leader, CancellationToken.None);
        // 3 is the one that is behind: the new proposal is made from the ISR found, with its version.
        Assert.Equal([1], leader.CurrentProposal()!.Wanted.Isr);
        Assert.Equal(7, leader.CurrentProposal()!.ExpectedZkVersion.Value);
    }

    [Fact]
    public async Task Changes_are_announced_together_once_a_second()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        var writer = new ScriptedIsrWriter(Written);
        await using var updates = new IsrUpdates(writer, _bench.Time, NullLogger<IsrUpdates>.Instance);
        leader.IsrProposed += updates.Enqueue;
        await updates.StartAsync(CancellationToken.None);

        FetchAs(3, leader, 0);
        await writer.FirstWrite;
        // Settled before time goes on, or the others would have fallen out by then.
        while (leader.Isr.Count < 3) await Task.Yield();
        while (!writer.FirstAnnouncement.IsCompleted)
        {
            _bench.Time.Advance(IsrUpdates.AnnounceEvery);
            await Task.Yield();
        }
        Assert.Equal([Id], await writer.FirstAnnouncement);
        Assert.Equal([1, 2, 3], leader.Isr);
    }

    private static IsrWriteResult Written(IsrProposal proposal) =>
        new(true, new VersionedPartitionState(proposal.Wanted, proposal.ExpectedZkVersion.Next));

    private static VersionedPartitionState Stored(int[] isr, int zkVersion) => new(State(1, 0, 1, isr), new ZkVersion(zkVersion));

    private Partition LeaderWithShrinkInFlight()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 3]);
        Append(leader, "a");
        _bench.Time.Advance(MaxLag + TimeSpan.FromSeconds(1));
        FetchAs(2, leader, 1);
        leader.CheckIsr();
        Assert.Equal([1, 2], leader.CurrentProposal()!.Wanted.Isr);
        return leader;
    }

    /// <summary>A ZooKeeper that answers as the test says.</summary>
    private sealed class ScriptedIsrWriter(Func<IsrProposal, IsrWriteResult> answer) : IIsrWriter
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<IReadOnlyCollection<TopicPartition>> _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task FirstWrite => _written.Task;

        public Task<IReadOnlyCollection<TopicPartition>> FirstAnnouncement => _announced.Task;

        public Task<IsrWriteResult> WriteAsync(TopicPartition id, IsrProposal proposal, CancellationToken ct)
        {
            _written.TrySetResult();
            return Task.FromResult(answer(proposal));
        }

        public Task AnnounceAsync(IReadOnlyCollection<TopicPartition> changed, CancellationToken ct)
        {
            _announced.TrySetResult(changed);
            return Task.CompletedTask;
        }
    }
}
