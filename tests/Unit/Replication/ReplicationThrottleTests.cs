using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>The replication throttle: what it measures, whom it is for, and what a leader and a follower then leave out.</summary>
public sealed class ReplicationThrottleTests : IDisposable
{
    private readonly ReplicaBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_rate_is_judged_over_its_windows_and_over_one_at_least()
    {
        var time = new FakeTimeProvider();
        var window = new RateWindow(11, TimeSpan.FromSeconds(1), time);
        Assert.Equal(0, window.PerSecond());
        window.Record(1000);
        Assert.Equal(1000, window.PerSecond());
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(250, window.PerSecond());
        time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(0, window.PerSecond());
    }

    [Theory]
    [InlineData("0:1,1:2", 0, true)]
    [InlineData("0:1,1:2", 1, false)]    // the pair is another broker's
    [InlineData("*", 1, true)]
    [InlineData("", 0, false)]
    public void The_topic_s_list_says_whom_it_is_for(string list, int partition, bool covered)
    {
        var throttle = _bench.Unthrottled;
        throttle.SetReplicas("t", list, brokerId: 1);
        Assert.Equal(covered, throttle.Covers(new TopicPartition("t", partition)));
        Assert.False(throttle.Covers(new TopicPartition("other", partition)));
    }

    [Theory]
    [InlineData("0-1")]
    [InlineData("0:1:2")]
    [InlineData("a:b")]
    public void A_bad_list_changes_nothing(string bad)
    {
        var throttles = Throttles();
        throttles.TopicConfigChanged("t", new Dictionary<string, string> { [ReplicationThrottles.LeaderReplicas] = "*" });
        throttles.TopicConfigChanged("t", new Dictionary<string, string> { [ReplicationThrottles.LeaderReplicas] = bad });
        Assert.True(throttles.Leader.Covers(new TopicPartition("t", 5)));
        throttles.TopicConfigChanged("t", new Dictionary<string, string>());
        Assert.False(throttles.Leader.Covers(new TopicPartition("t", 5)));
    }

    [Fact]
    public void Rates_follow_the_broker_s_dynamic_configuration()
    {
        var throttles = Throttles();
        throttles.BrokerConfigChanged(new Dictionary<string, string> { [ReplicationThrottles.LeaderRate] = "100", [ReplicationThrottles.FollowerRate] = "50" });
        Assert.Equal((100, 50), (throttles.Leader.Rate, throttles.Follower.Rate));
        throttles.BrokerConfigChanged(new Dictionary<string, string> { [ReplicationThrottles.LeaderRate] = "fast" });
        Assert.Equal((100, ReplicationThrottle.Unlimited), (throttles.Leader.Rate, throttles.Follower.Rate));
    }

    [Fact]
    public async Task A_leader_over_its_rate_sends_nothing_to_replicas_that_catch_up_and_goes_on_serving_the_isr()
    {
        var leader = _bench.Leader(1, epoch: 0, isr: [1, 2]);
        Append(leader, "a");
        var api = new ApiBench(leader);
        var handler = api.FetchHandler(_bench.Time);
        api.Throttles!.Leader.SetReplicas(Id.Topic, "*", brokerId: 1);
        api.Throttles.Leader.Rate = 1;

        Assert.True(await Fetched(2) > 0);    // counts, and is over the rate with it
        Assert.Equal(0, await Fetched(3));
        Assert.True(await Fetched(2) > 0);
        _bench.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await Fetched(3) > 0);

        async Task<int> Fetched(int replica)
        {
            var request = new FetchRequest
            {
                ReplicaId = replica,
                MaxBytes = 1000,
                Topics = [new FetchRequest.FetchTopic { Topic = Id.Topic, Partitions = [new FetchRequest.FetchPartition { CurrentLeaderEpoch = 0, PartitionMaxBytes = 1000 }] }],
            };
            return (await handler.HandleAsync(request, ApiBench.Context(12))).Response!.Responses[0].Partitions[0].Records!.Value.Length;
        }
    }

    private ReplicationThrottles Throttles()
    {
        RateWindow Window() => new(11, TimeSpan.FromSeconds(1), _bench.Time);
        return new ReplicationThrottles(1, Window(), Window(), NullLogger<ReplicationThrottles>.Instance);
    }
}
