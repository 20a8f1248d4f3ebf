using System.Text;
using ClassicBroker.Clients.Consumer;
using ClassicBroker.Clients.Producer;
using Confluent.Kafka;

namespace ClassicBroker.Integration.Cluster;

/// <summary>
/// The promise: a record acknowledged with acks=all survives the death of one broker. Each test notes every acknowledgement, kills a
/// broker halfway, and reads back. Duplicates are allowed (a producer that is not idempotent may send again), losses are not.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class NothingAcknowledgedIsLostTests(ClusterFixture cluster, ITestOutputHelper output)
{
    private const int Records = 20_000;

    [Fact]
    public async Task After_kill_9_of_the_leader_halfway_a_consumer_reads_every_record_Confluent_Kafka_was_acknowledged()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        var leader = await cluster.LeaderAsync(topic);

        var acknowledged = await ProduceWithConfluentAsync(topic, async () => await cluster.Brokers.KillBrokerAsync(leader));

        var read = ConfluentClient.ReadAll(cluster.Brokers.BootstrapServers, topic, 1).Select(r => r.Message.Value).ToList();
        AssertAllThere(acknowledged, read);
        Assert.NotEqual(leader, await cluster.LeaderAsync(topic));
    }

    [Fact]
    public async Task An_idempotent_producer_leaves_every_record_once_and_in_order_though_the_leader_dies()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        var leader = await cluster.LeaderAsync(topic);

        await ProduceWithConfluentAsync(topic, async () => await cluster.Brokers.KillBrokerAsync(leader), idempotent: true);

        var read = ConfluentClient.ReadAll(cluster.Brokers.BootstrapServers, topic, 1).Select(r => r.Message.Value);
        Assert.Equal(Enumerable.Range(0, Records).Select(i => $"record {i}"), read);
    }

    [Fact]
    public async Task After_kill_9_of_the_leader_halfway_our_consumer_reads_every_record_our_producer_was_acknowledged()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync(partitions: 3);
        var leader = await cluster.LeaderAsync(topic);

        var acknowledged = await ProduceWithOursAsync(topic, async () => await cluster.Brokers.KillBrokerAsync(leader));

        AssertAllThere(acknowledged, await ReadWithOursAsync(topic));
    }

    [Fact]
    public async Task After_kill_9_of_the_controller_halfway_nothing_is_lost_and_another_broker_is_controller()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync(partitions: 3);
        var controller = await cluster.ControllerAsync();

        var acknowledged = await ProduceWithConfluentAsync(topic, async () => await cluster.Brokers.KillBrokerAsync(controller));

        await ClusterFixture.UntilAsync("another broker is controller", async () => await cluster.ControllerAsync() is var now && now >= 0 && now != controller);
        var read = ConfluentClient.ReadAll(cluster.Brokers.BootstrapServers, topic, 3).Select(r => r.Message.Value).ToList();
        AssertAllThere(acknowledged, read);
    }

    [Fact]
    public async Task A_killed_broker_catches_up_and_leads_with_all_records_when_the_others_die()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        var leader = await cluster.LeaderAsync(topic);
        var acknowledged = await ProduceWithOursAsync(topic, async () => await cluster.Brokers.KillBrokerAsync(leader));

        await cluster.Brokers.StartBrokerAsync(leader);
        await cluster.FullIsrAsync(topic);
        var others = cluster.Brokers.State.Brokers.Select(b => b.Id).Where(id => id != leader).ToList();
        foreach (var other in others) await cluster.Brokers.KillBrokerAsync(other);
        await ClusterFixture.UntilAsync("the broker that was killed leads", async () => await cluster.LeaderAsync(topic) == leader);

        AssertAllThere(acknowledged, await ReadWithOursAsync(topic));
        await cluster.HealAsync();
    }

    private async Task<HashSet<string>> ProduceWithConfluentAsync(string topic, Func<Task> halfway, bool idempotent = false)
    {
        var acknowledged = new HashSet<string>();
        var failed = new List<string>();
        using var producer = ConfluentClient.Producer(cluster.Brokers.BootstrapServers, idempotent);
        for (var i = 0; i < Records; i++)
        {
            var value = $"record {i}";
            producer.Produce(topic, new Message<string, string> { Key = $"{i}", Value = value }, report =>
            {
                lock (acknowledged)
                {
                    if (report.Status == PersistenceStatus.Persisted) acknowledged.Add(value);
                    else failed.Add($"{value}: {report.Error}");
                }
            });
            if (i == Records / 2)
            {
                await ClusterFixture.UntilAsync("some records are acknowledged", () => Task.FromResult(Locked(acknowledged) > Records / 4));
                await halfway();
            }
        }

        producer.Flush(ClusterFixture.Patience);
        output.WriteLine($"{acknowledged.Count} of {Records} acknowledged, {failed.Count} refused");
        Assert.Empty(failed);
        Assert.Equal(Records, acknowledged.Count);
        return acknowledged;
    }

    private async Task<HashSet<string>> ProduceWithOursAsync(string topic, Func<Task> halfway)
    {
        await using var producer = new Producer(cluster.Client);
        var waiting = new List<(string Value, Task<ProducedRecord> Told)>();
        for (var i = 0; i < Records; i++)
        {
            var value = $"record {i}";
            waiting.Add((value, await producer.EnqueueAsync(topic, null, Encoding.UTF8.GetBytes($"{i}"), Encoding.UTF8.GetBytes(value))));
            if (i == Records / 2)
            {
                await waiting[Records / 4].Told;
                await halfway();
            }
        }

        foreach (var (_, told) in waiting) await told;
        return [.. waiting.Select(w => w.Value)];
    }

    private async Task<List<string>> ReadWithOursAsync(string topic)
    {
        await using var consumer = new Consumer(cluster.Client, new ConsumerOptions { StopAtEnd = true });
        var read = new List<string>();
        await foreach (var record in consumer.ReadAsync(topic, StartPosition.Earliest)) read.Add(Encoding.UTF8.GetString(record.Record.Value!.Value.Span));
        return read;
    }

    private void AssertAllThere(HashSet<string> acknowledged, List<string> read)
    {
        var distinct = read.ToHashSet();
        output.WriteLine($"{acknowledged.Count} acknowledged, {read.Count} read, {read.Count - distinct.Count} of them duplicates");
        var lost = acknowledged.Except(distinct).ToList();
        Assert.True(lost.Count == 0, $"{lost.Count} acknowledged records are lost, first {lost.FirstOrDefault()}");
        Assert.Empty(distinct.Except(acknowledged));
    }

    private static int Locked(HashSet<string> set)
    {
        lock (set) return set.Count;
    }
}
