using System.Text;
using ClassicBroker.Clients.Admin;
using ClassicBroker.Clients.Consumer;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Producer;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Integration.Cluster;

/// <summary>
/// A partition moves to another broker while it is written to. The newcomer is frozen while the move begins, so it is certainly not over when the
/// controller, which also leads the partition, is killed: the next controller has to find the move in ZooKeeper and end it.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class ReassignmentTests(ClusterFixture cluster, ITestOutputHelper output)
{
    private const int Burst = 10, WrittenBefore = 2_000;

    [Fact]
    public async Task A_partition_moved_under_load_arrives_though_the_controller_dies_halfway_and_its_preferred_replica_is_elected()
    {
        await cluster.HealAsync();
        var controller = await cluster.ControllerAsync();
        var others = cluster.Brokers.State.Brokers.Select(b => b.Id).Where(id => id != controller).ToList();
        int newcomer = others[0], stays = others[1];
        var topic = await TopicOnAsync(controller, stays);
        var load = new Load(cluster.Client, topic);

        await ClusterFixture.UntilAsync("records are acknowledged", () => Task.FromResult(load.Acknowledged > WrittenBefore));
        await BeginAndKillAsync(controller, topic, newcomer, stays);
        await ClusterFixture.UntilAsync("the newcomer is in sync and the dead broker no replica", async () =>
            await PartitionAsync(topic) is var now && now.Replicas.SequenceEqual([newcomer, stays]) && now.Isr.Order().SequenceEqual(others.Order()));
        var acknowledged = await load.StopAsync();

        var successor = await cluster.ControllerAsync();
        Assert.NotEqual(controller, successor);
        Assert.Empty(await OngoingAsync(successor, topic));
        await AssertAllThereAsync(topic, acknowledged);

        Assert.Equal(stays, (await PartitionAsync(topic)).Leader);
        Assert.Equal(ErrorCode.None, await ElectPreferredAsync(successor, topic));
        await ClusterFixture.UntilAsync("the preferred replica leads", async () => await cluster.LeaderAsync(topic) == newcomer);
        Assert.Equal(ErrorCode.ElectionNotNeeded, await ElectPreferredAsync(successor, topic));

        await cluster.HealAsync();
        Assert.Equal([newcomer, stays], (await PartitionAsync(topic)).Replicas);
        await AssertAllThereAsync(topic, acknowledged);
    }

    [Fact]
    public async Task A_topic_deleted_while_a_replica_is_down_goes_when_its_broker_is_back_and_its_name_is_free_and_empty()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        await using (var producer = new Producer(cluster.Client)) await (await producer.EnqueueAsync(topic, null, null, "old"u8.ToArray()));
        var controller = await cluster.ControllerAsync();
        var down = cluster.Brokers.State.Brokers.First(b => b.Id != controller).Id;

        await cluster.Brokers.KillBrokerAsync(down);
        await cluster.Admin.DeleteTopicsAsync([topic], timeout: TimeSpan.FromSeconds(1));
        await cluster.Brokers.StartBrokerAsync(down);

        await ClusterFixture.UntilAsync("the name is free", async () =>
            (await cluster.Admin.CreateTopicsAsync([new NewTopic(topic, 1, 3)])).Single().Succeeded);
        await cluster.FullIsrAsync(topic);
        Assert.Empty(await ReadAsync(topic));
    }

    private async Task<string> TopicOnAsync(params int[] replicas)
    {
        var topic = $"moved-{Guid.NewGuid():N}";
        var created = await cluster.Admin.CreateTopicsAsync([new NewTopic(topic) { Replicas = new Dictionary<int, int[]> { [0] = replicas } }]);
        created.Single().ThrowIfFailed();
        await ClusterFixture.UntilAsync($"{topic} has both replicas in sync", async () => (await PartitionAsync(topic)).Isr.Count == replicas.Length);
        return topic;
    }

    private async Task BeginAndKillAsync(int controller, string topic, int newcomer, int stays)
    {
        var frozen = cluster.Brokers.Broker(newcomer).Process!;
        frozen.Freeze();
        try
        {
            var begun = await AskAsync<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(controller, new()
            {
                Topics = [new() { Name = topic, Partitions = [new() { PartitionIndex = 0, Replicas = [newcomer, stays] }] }],
            });
            Assert.Equal(ErrorCode.None, begun.Responses.Single().Partitions.Single().ErrorCode);
            var ongoing = (await OngoingAsync(controller, topic)).Single().Partitions.Single();
            Assert.Equal([newcomer], ongoing.AddingReplicas);
            Assert.Equal([controller], ongoing.RemovingReplicas);
            await cluster.Brokers.KillBrokerAsync(controller);
        }
        finally
        {
            frozen.Thaw();
        }
    }

    private async Task<ErrorCode> ElectPreferredAsync(int controller, string topic) =>
        (await AskAsync<ElectLeadersRequest, ElectLeadersResponse>(controller, new() { TopicPartitions = [new() { Topic = topic, Partitions = [0] }] }))
        .ReplicaElectionResults.Single().PartitionResult.Single().ErrorCode;

    private async Task<List<ListPartitionReassignmentsResponse.OngoingTopicReassignment>> OngoingAsync(int controller, string topic) =>
        (await AskAsync<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(controller,
            new() { Topics = [new() { Name = topic, PartitionIndexes = [0] }] })).Topics;

    // Straight to one broker: a client that looks for the controller by itself might ask the frozen one.
    private async Task<TResponse> AskAsync<TRequest, TResponse>(int broker, TRequest request)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        var at = cluster.Brokers.Broker(broker);
        await using var connection = await BrokerConnection.ConnectAsync(at.Host, at.Port, new BrokerConnectionOptions(), TimeProvider.System);
        await connection.NegotiateAsync();
        return await connection.SendAsync<TRequest, TResponse>(request);
    }

    private async Task<PartitionView> PartitionAsync(string topic) => (await cluster.Admin.DescribeTopicsAsync([topic])).Single().Find(0)!;

    private async Task AssertAllThereAsync(string topic, IReadOnlyList<string> acknowledged)
    {
        var read = (await ReadAsync(topic)).ToHashSet();
        var lost = acknowledged.Where(value => !read.Contains(value)).ToList();
        output.WriteLine($"{acknowledged.Count} acknowledged, {read.Count} read");
        Assert.True(lost.Count == 0, $"{lost.Count} acknowledged records are lost, first {lost.FirstOrDefault()}");
    }

    private async Task<List<string>> ReadAsync(string topic)
    {
        await using var consumer = new Consumer(cluster.Client, new ConsumerOptions { StopAtEnd = true });
        var read = new List<string>();
        await foreach (var record in consumer.ReadAsync(topic, StartPosition.Earliest)) read.Add(Encoding.UTF8.GetString(record.Record.Value!.Value.Span));
        return read;
    }

    /// <summary>Writes bursts of unique values, one after the other, with acks=all, until it is stopped.</summary>
    private sealed class Load
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task<List<string>> running;
        private volatile int acknowledged;

        public Load(ClusterOptions client, string topic) => running = WriteAsync(client, topic);

        public int Acknowledged => acknowledged;

        /// <summary>Every value that was acknowledged.</summary>
        public async Task<List<string>> StopAsync()
        {
            await stop.CancelAsync();
            return await running;
        }

        private async Task<List<string>> WriteAsync(ClusterOptions client, string topic)
        {
            await using var producer = new Producer(client);
            var told = new List<string>();
            while (!stop.IsCancellationRequested)
            {
                var burst = Enumerable.Range(told.Count, Burst).Select(i => $"record {i}").ToList();
                var waiting = new List<Task>();
                foreach (var value in burst) waiting.Add(await producer.EnqueueAsync(topic, null, null, Encoding.UTF8.GetBytes(value)));
                await Task.WhenAll(waiting);
                told.AddRange(burst);
                acknowledged = told.Count;
            }

            return told;
        }
    }
}
