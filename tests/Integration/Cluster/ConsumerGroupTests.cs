using System.Collections.Concurrent;
using System.Globalization;
using ClassicBroker.Broker.Groups;
using Confluent.Kafka;

namespace ClassicBroker.Integration.Cluster;

/// <summary>Consumer groups as a client sees them: partitions are shared, and what was committed is there whatever becomes of the coordinator.</summary>
[Collection(ClusterCollection.Name)]
public sealed class ConsumerGroupTests(ClusterFixture cluster)
{
    private const int Partitions = 6;

    [Fact]
    public async Task Two_members_share_the_partitions_and_the_one_that_stays_takes_over_where_the_other_had_committed()
    {
        await cluster.HealAsync();
        var (topic, group) = (await cluster.NewTopicAsync(Partitions), $"g-{Guid.NewGuid():N}");
        await ProduceAsync(topic, 0, 600);
        var seen = new ConcurrentBag<string>();
        using var one = ConfluentClient.Member(cluster.Brokers.BootstrapServers, group, topic);
        using var two = ConfluentClient.Member(cluster.Brokers.BootstrapServers, group, topic);

        await ReadUntilAsync([one, two], seen, () => one.Assignment.Count == Partitions / 2 && two.Assignment.Count == Partitions / 2 && seen.Count >= 600);
        one.Commit();
        two.Commit();
        two.Close();
        await ProduceAsync(topic, 600, 1200);
        await ReadUntilAsync([one], seen, () => one.Assignment.Count == Partitions && seen.Distinct().Count() >= 1200);

        Assert.Equal(Enumerable.Range(0, 1200).Select(i => $"{i}").Order(), seen.Distinct().Order());
        // What came in after the commits may be read twice around the rebalance; what was committed is read once.
        Assert.Equal(600, seen.Count(value => int.Parse(value, CultureInfo.InvariantCulture) < 600));
    }

    [Fact]
    public async Task Committed_offsets_never_go_back_though_the_coordinator_is_killed()
    {
        await cluster.HealAsync();
        var (topic, group) = (await cluster.NewTopicAsync(), $"g-{Guid.NewGuid():N}");
        await ProduceAsync(topic, 0, 100);
        using var committer = ConfluentClient.Member(cluster.Brokers.BootstrapServers, group, topic: null);
        var partition = new TopicPartition(topic, 0);
        await CommitAsync(committer, partition, 42);

        var coordinator = await CoordinatorAsync(group);
        await cluster.Brokers.KillBrokerAsync(coordinator);
        await ClusterFixture.UntilAsync("another broker coordinates the group", async () => await CoordinatorAsync(group) is >= 0 and var now && now != coordinator);

        Assert.Equal(42, await CommittedAsync(committer, partition));
        await CommitAsync(committer, partition, 43);
        Assert.Equal(43, await CommittedAsync(committer, partition));
    }

    private static async Task CommitAsync(IConsumer<string, string> consumer, TopicPartition partition, long offset) =>
        await ClusterFixture.UntilAsync($"offset {offset} is committed", () => Task.FromResult(Try(() => consumer.Commit([new TopicPartitionOffset(partition, offset)]))));

    private static async Task<long> CommittedAsync(IConsumer<string, string> consumer, TopicPartition partition)
    {
        var offset = long.MinValue;
        await ClusterFixture.UntilAsync("the committed offset is told", () =>
            Task.FromResult(Try(() => offset = consumer.Committed([partition], TimeSpan.FromSeconds(10)).Single().Offset.Value)));
        return offset;
    }

    private static bool Try(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (KafkaException)
        {
            return false;   // the coordinator is moving
        }
    }

    private Task<int> CoordinatorAsync(string group) => cluster.LeaderAsync(GroupCoordinator.OffsetsTopic, JavaHash.PartitionOf(group, 50));

    private static async Task ReadUntilAsync(IReadOnlyList<IConsumer<string, string>> members, ConcurrentBag<string> seen, Func<bool> enough)
    {
        await ClusterFixture.UntilAsync("the members have read everything", () =>
        {
            foreach (var member in members)
            {
                while (member.Consume(TimeSpan.FromMilliseconds(20)) is { } record) seen.Add(record.Message.Value);
            }
            return Task.FromResult(enough());
        });
    }

    private async Task ProduceAsync(string topic, int from, int to)
    {
        using var producer = ConfluentClient.Producer(cluster.Brokers.BootstrapServers);
        await Task.WhenAll(Enumerable.Range(from, to - from).Select(i => producer.ProduceAsync(topic, new Message<string, string> { Key = $"{i}", Value = $"{i}" })));
    }
}
