using System.Text;
using ClassicBroker.Clients.Consumer;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Producer;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Integration.Cluster;

namespace ClassicBroker.Integration.Clients;

[Collection(ClusterCollection.Name)]
public class ProducerConsumerTests(ClusterFixture cluster)
{
    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task What_is_produced_is_consumed_in_order_with_keys_headers_and_offsets(CompressionType compression)
    {
        const int count = 5_000;
        await cluster.HealAsync();
        string topic = await cluster.NewTopicAsync(partitions: 3);
        var told = new List<Task<ProducedRecord>>();
        await using (var producer = new Producer(cluster.Client, new ProducerOptions { Compression = compression }))
        {
            for (int i = 0; i < count; i++)
                told.Add(await producer.EnqueueAsync(topic, null, Bytes($"key-{i % 50}"), Bytes($"value-{i}"), [new RecordHeader("n", Bytes($"{i}"))]));
            await Task.WhenAll(told);
        }

        var placed = new Dictionary<(int, long), int>();
        for (int i = 0; i < count; i++) placed.Add(((await told[i]).Partition.Partition, (await told[i]).Offset), i);
        var lastOfKey = new Dictionary<string, int>();
        int consumed = 0;
        await using var consumer = new Consumer(cluster.Client, new ConsumerOptions { StopAtEnd = true });
        await foreach (ConsumedRecord got in consumer.ReadAsync(topic, StartPosition.Earliest))
        {
            int i = placed[(got.Partition.Partition, got.Offset)];
            Assert.Equal($"value-{i}", Text(got.Record.Value));
            Assert.Equal($"{i}", Text(got.Record.Headers.Single().Value));
            string key = Text(got.Record.Key);
            Assert.Equal($"key-{i % 50}", key);
            Assert.True(!lastOfKey.TryGetValue(key, out int before) || before < i, $"{key}: {i} after {before}");
            lastOfKey[key] = i;
            consumed++;
        }
        Assert.Equal(count, consumed);
    }

    [Fact]
    public async Task Reading_starts_where_it_is_told_to()
    {
        await cluster.HealAsync();
        string topic = await cluster.NewTopicAsync();
        await using (var producer = new Producer(cluster.Client))
        {
            for (int i = 0; i < 10; i++) await producer.SendAsync(topic, 0, null, Bytes($"{i}"), timestampMs: 1_000 * i);
        }
        await using var consumer = new Consumer(cluster.Client, new ConsumerOptions { StopAtEnd = true });
        Assert.Equal("0123456789", await ReadAsync(consumer, topic, StartPosition.Earliest));
        Assert.Equal("789", await ReadAsync(consumer, topic, StartPosition.At(7)));
        Assert.Equal("456789", await ReadAsync(consumer, topic, StartPosition.Since(3_500)));
        Assert.Equal("", await ReadAsync(consumer, topic, StartPosition.Since(100_000)));
        Assert.Equal("", await ReadAsync(consumer, topic, StartPosition.Latest));
        var beyond = await Assert.ThrowsAsync<BrokerErrorException>(async () =>
        {
            await using var forEver = new Consumer(cluster.Client);
            await ReadAsync(forEver, topic, StartPosition.At(11));
        });
        Assert.Equal(ErrorCode.OffsetOutOfRange, beyond.Code);
    }

    [Fact]
    public async Task A_waiting_consumer_gets_a_record_when_it_is_written()
    {
        await cluster.HealAsync();
        string topic = await cluster.NewTopicAsync(partitions: 3);
        await using var consumer = new Consumer(cluster.Client, new ConsumerOptions { MaxWait = TimeSpan.FromSeconds(20) });
        await using IAsyncEnumerator<ConsumedRecord> records = consumer.ReadAsync(topic, StartPosition.Earliest).GetAsyncEnumerator();
        await using var producer = new Producer(cluster.Client);
        for (int i = 0; i < 6; i++)
        {
            ValueTask<bool> next = records.MoveNextAsync();
            await producer.SendAsync(topic, i % 3, null, Bytes($"{i}"));
            Assert.True(await next);
            Assert.Equal($"{i}", Text(records.Current.Record.Value));
        }
    }

    [Fact]
    public async Task Offsets_and_errors_are_those_of_the_leader()
    {
        await cluster.HealAsync();
        string topic = await cluster.NewTopicAsync();
        await using var producer = new Producer(cluster.Client, new ProducerOptions { Acks = 1 });
        for (int i = 0; i < 3; i++) Assert.Equal(i, (await producer.SendAsync(topic, 0, null, Bytes("x"))).Offset);
        var partition = new TopicPartition(topic, 0);
        await cluster.FullIsrAsync(topic);
        var start = await cluster.Admin.ListOffsetsAsync(new Dictionary<TopicPartition, long> { [partition] = OffsetLookup.Earliest });
        Assert.Equal(0, start[partition].Offset);
        var refused = await Assert.ThrowsAsync<BrokerErrorException>(() => producer.SendAsync(topic, 5, null, Bytes("x")));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, refused.Code);
    }

    [Fact]
    public async Task Every_acknowledged_record_is_read_once_the_leader_was_killed()
    {
        const int count = 600;
        await cluster.HealAsync();
        string topic = await cluster.NewTopicAsync(partitions: 3);
        await using var consumer = new Consumer(cluster.Client);
        await using IAsyncEnumerator<ConsumedRecord> records = consumer.ReadAsync(topic, StartPosition.Earliest).GetAsyncEnumerator();
        Task<HashSet<string>> reading = ReadUntilAsync(records, count);
        await using (var producer = new Producer(cluster.Client))
        {
            var told = new List<Task<ProducedRecord>>();
            for (int i = 0; i < count; i++)
            {
                told.Add(await producer.EnqueueAsync(topic, i % 3, null, Bytes($"{i}")));
                if (i == count / 3)
                {
                    await told[0];
                    int leader = (await cluster.Admin.DescribeTopicsAsync([topic])).Single().Partitions[0].Leader;
                    await cluster.Brokers.KillBrokerAsync(leader);
                }
            }
            await Task.WhenAll(told).WaitAsync(ClusterFixture.Patience);
        }
        Assert.Equal(count, (await reading.WaitAsync(ClusterFixture.Patience)).Count);
    }

    /// <summary>Reads until so many different values came: a batch whose answer was lost with the leader may be there twice.</summary>
    private static async Task<HashSet<string>> ReadUntilAsync(IAsyncEnumerator<ConsumedRecord> records, int count)
    {
        var seen = new HashSet<string>();
        while (seen.Count < count && await records.MoveNextAsync()) seen.Add(Text(records.Current.Record.Value));
        return seen;
    }

    private static async Task<string> ReadAsync(Consumer consumer, string topic, StartPosition from)
    {
        var text = new StringBuilder();
        var one = new Dictionary<TopicPartition, StartPosition> { [new TopicPartition(topic, 0)] = from };
        await foreach (ConsumedRecord record in consumer.ReadAsync(one)) text.Append(Text(record.Record.Value));
        return text.ToString();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlyMemory<byte>? bytes) => Encoding.UTF8.GetString(bytes!.Value.Span);
}
