using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging.Abstractions;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>Bugs Kafka had with the ISR and the high watermark, by number; each is what would happen here without the rule that keeps it out.</summary>
public sealed class KnownIsrBugsTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private static VersionedPartitionState Stored(int[] isr, int zkVersion, int leader = 1, int epoch = 0) =>
        new(new PartitionState(leader, new LeaderEpoch(epoch), new ControllerEpoch(1), isr), new ZkVersion(zkVersion));

    private Partition Shrinking()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 3]);
        Append(leader, "a");
        _bench.Time.Advance(MaxLag + TimeSpan.FromSeconds(1));
        FetchAs(2, leader, 1);
        leader.CheckIsr();
        return leader;
    }

    private async Task Settle(Partition leader, params IsrWriteResult[] answers)
    {
        var writer = new Answering(answers);
        await using var updates = new IsrUpdates(writer, _bench.Time, NullLogger<IsrUpdates>.Instance);
        foreach (var _ in answers) await updates.WriteAsync(leader, CancellationToken.None);
    }

    [Fact]
    public async Task KAFKA_1382_and_2729_a_refused_write_is_never_tried_again_with_the_version_that_was_refused()
    {
        var leader = Shrinking();
        Assert.Equal(new ZkVersion(0), leader.CurrentProposal()!.ExpectedZkVersion);
        await Settle(leader, new IsrWriteResult(false, Stored([1, 2, 3], zkVersion: 5)));
        Assert.Equal(new ZkVersion(5), leader.CurrentProposal()!.ExpectedZkVersion);
        // And when it was our own write whose answer was lost, there is nothing left to write.
        await Settle(leader, new IsrWriteResult(false, Stored([1, 2], zkVersion: 6)));
        Assert.Null(leader.CurrentProposal());
        Assert.Equal([1, 2], leader.Isr);
    }

    [Fact]
    public async Task KAFKA_8836_the_controller_s_write_under_a_newer_epoch_ends_the_leadership()
    {
        var leader = Shrinking();
        await Settle(leader, new IsrWriteResult(false, Stored([2, 3], zkVersion: 5, leader: 2, epoch: 1)));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(leader, "b").Error);
        Assert.Null(leader.CurrentProposal());
    }

    [Fact]
    public async Task KAFKA_13091_the_watermark_moves_when_the_shrink_is_settled_without_another_fetch()
    {
        var leader = Shrinking();
        Assert.Equal(0, leader.HighWatermark);
        await Settle(leader, new IsrWriteResult(true, Stored([1, 2], zkVersion: 1)));
        Assert.Equal(1, leader.HighWatermark);
    }

    [Fact]
    public void KAFKA_12686_the_one_being_removed_still_counts_until_zookeeper_says_so()
    {
        var leader = Shrinking();
        FetchAs(2, leader, 1);
        Assert.Equal(0, leader.HighWatermark);
    }

    [Fact]
    public async Task KAFKA_14144_a_write_that_is_found_done_is_a_success()
    {
        var leader = Shrinking();
        var wait = leader.WaitForCommitAsync(AppendAll(leader, "b"), TimeSpan.FromSeconds(5)).AsTask();
        FetchAs(2, leader, 2);
        await Settle(leader, new IsrWriteResult(false, Stored([1, 2], zkVersion: 1)));
        Assert.Equal(ErrorCode.None, await wait);
    }

    [Fact]
    public void KAFKA_14140_a_broker_that_is_shutting_down_is_not_let_in()
    {
        _bench.Ineligible.Add(3);
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        FetchAs(3, leader, 0);
        Assert.Null(leader.CurrentProposal());
    }

    [Fact]
    public void KAFKA_15221_a_fetch_of_the_former_life_of_a_broker_counts_for_nothing()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        FetchAs(2, leader, 0, brokerEpoch: new BrokerEpoch(20));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, FetchAs(2, leader, 1, brokerEpoch: new BrokerEpoch(10)).Error);
        Assert.Equal(0, leader.HighWatermark);
        Assert.Equal(ErrorCode.None, FetchAs(2, leader, 1, brokerEpoch: new BrokerEpoch(20)).Error);
        Assert.Equal(1, leader.HighWatermark);
    }

    [Fact]
    public void KAFKA_7128_a_follower_at_the_watermark_but_below_the_start_of_the_epoch_stays_out()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a", "b");
        leader.TakeRole(Order(leader: 1, epoch: 1, isr: [1, 2]), Life);
        FetchAs(3, leader, 1);
        Assert.Null(leader.CurrentProposal());
        FetchAs(3, leader, 2);
        Assert.Equal([1, 2, 3], leader.CurrentProposal()!.Wanted.Isr);
    }

    [Fact]
    public void KAFKA_15021_a_caught_up_replica_that_may_not_join_does_not_hold_the_watermark_back()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        _bench.Ineligible.Add(3);
        FetchAs(3, leader, 0);
        Append(leader, "a");
        FetchAs(2, leader, 1);
        Assert.Equal(1, leader.HighWatermark);
    }

    [Fact]
    public void KAFKA_5083_the_last_member_never_leaves_the_isr()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        _bench.Time.Advance(MaxLag + TimeSpan.FromSeconds(1));
        leader.CheckIsr();
        Assert.Equal([1], leader.CurrentProposal()!.Wanted.Isr);
        Assert.Throws<ArgumentException>(() => new IsrState([1], new ZkVersion(0)).Propose([]));
    }

    [Fact]
    public void KAFKA_9672_a_member_outside_the_replicas_is_taken_off()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2, 9]);
        Append(leader, "a");
        FetchAs(2, leader, 1);
        leader.CheckIsr();
        Assert.Equal([1, 2], leader.CurrentProposal()!.Wanted.Isr);
    }

    private sealed class Answering(IEnumerable<IsrWriteResult> answers) : IIsrWriter
    {
        private readonly Queue<IsrWriteResult> _answers = new(answers);

        public Task<IsrWriteResult> WriteAsync(TopicPartition id, IsrProposal proposal, CancellationToken ct) => Task.FromResult(_answers.Dequeue());

        public Task AnnounceAsync(IReadOnlyCollection<TopicPartition> changed, CancellationToken ct) => Task.CompletedTask;
    }
}
