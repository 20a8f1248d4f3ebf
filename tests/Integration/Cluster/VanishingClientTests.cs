using System.Net.Sockets;
using ClassicBroker.Clients.Producer;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;
using ClassicBroker.Testing;

namespace ClassicBroker.Integration.Cluster;

/// <summary>
/// Clients that vanish: in the middle of a request, in the middle of a response, in storms. The broker gives back what it held for them: handles and
/// memory return to where they were, and everybody else is served (row 20 of the fault matrix, promise P10).
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class VanishingClientTests(ClusterFixture cluster, ITestOutputHelper output)
{
    private const int Waves = 4;
    private const int ClientsPerWave = 100;
    private const int RecordBytes = 50_000;

    // Small, so that most of an answer is still in the broker when its reader goes.
    private const int ReceiveBufferBytes = 4096;
    private const int Records = 16;
    private const short FetchVersion = 11;

    // Even an answer that only tells an error is longer: it names the topic.
    private const int ShortestAnswer = 60;

    // Noise: connections of brokers among themselves and of the test's own clients, pools that were filled once.
    private const int SpareHandles = 20;

    // More than all clients of a wave can have under way at once, less than what all of a storm would leave behind.
    private const long SpareBytes = 150L * 1024 * 1024;

    [Fact]
    public async Task In_the_middle_of_a_request() => await StormAsync(async (broker, topic) =>
    {
        var frame = Produce(topic);
        var cut = Random.Shared.Next(1, frame.Length);
        return await SendAndResetAsync(broker, frame.AsMemory(0, cut), read: 0);
    });

    [Fact]
    public async Task In_the_middle_of_a_response() => await StormAsync(async (broker, topic) =>
        await SendAndResetAsync(broker, Fetch(topic, waitMs: 0, minBytes: 1), read: Random.Shared.Next(1, ShortestAnswer)));

    [Fact]
    public async Task While_the_broker_waits_for_more_to_answer() => await StormAsync(async (broker, topic) =>
        await SendAndResetAsync(broker, Fetch(topic, waitMs: 600_000, minBytes: int.MaxValue), read: 0));

    [Fact]
    public async Task Right_after_connecting() => await StormAsync(async (broker, _) => await SendAndResetAsync(broker, Memory<byte>.Empty, read: 0));

    private async Task StormAsync(Func<BrokerState, string, Task<bool>> vanish)
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fd"), "handles are counted in /proc");
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        await FillAsync(topic);
        var broker = cluster.Brokers.Broker(await cluster.LeaderAsync(topic));
        // The first storm fills pools, grows the heap and compiles code; what counts is that the next adds nothing.
        await WavesAsync();
        var handles = Handles(broker);
        var memory = broker.Process!.ResidentBytes;

        await WavesAsync();

        await ClusterFixture.UntilAsync("the handles are given back", () => Task.FromResult(Handles(broker) <= handles + SpareHandles));
        await ClusterFixture.UntilAsync("the memory is given back", () => Task.FromResult(broker.Process.ResidentBytes <= memory + SpareBytes));
        output.WriteLine($"handles {handles} before, {Handles(broker)} after; memory {memory >> 20} MiB before, {broker.Process.ResidentBytes >> 20} MiB after");
        await using var producer = new Producer(cluster.Client);
        Assert.True((await producer.SendAsync(topic, 0, null, new byte[10])).Offset >= Records);

        async Task WavesAsync()
        {
            for (var wave = 0; wave < Waves; wave++) await Task.WhenAll(Enumerable.Range(0, ClientsPerWave).Select(_ => vanish(broker, topic)));
        }
    }

    private async Task FillAsync(string topic)
    {
        await using var producer = new Producer(cluster.Client);
        await Task.WhenAll(Enumerable.Range(0, Records).Select(_ => producer.SendAsync(topic, 0, null, new byte[RecordBytes])));
    }

    // Linger 0: closing sends a reset, as the kernel of a dead machine's successor would.
    private static async Task<bool> SendAndResetAsync(BrokerState broker, ReadOnlyMemory<byte> bytes, int read)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0), ReceiveBufferSize = ReceiveBufferBytes };
        await socket.ConnectAsync(broker.Host, broker.Port);
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes)..];
        var buffer = new byte[Math.Max(1, read)];
        for (var got = 0; got < read;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(got));
            if (count == 0) return false;
            got += count;
        }

        return true;
    }

    private static byte[] Produce(string topic)
    {
        var batch = new RecordBatchBuilder();
        batch.Add(0, null, new byte[100_000]);
        var request = new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 30_000,
            TopicData = [new() { Name = topic, PartitionData = [new() { Index = 0, Records = batch.Build() }] }],
        };
        using var frame = MessageCodec.RequestFrame<ProduceRequest, ProduceResponse>(request, 8, 1, "vanishing");
        return frame.ToArray();
    }

    private static byte[] Fetch(string topic, int waitMs, int minBytes)
    {
        var request = new FetchRequest
        {
            MaxWaitMs = waitMs,
            MinBytes = minBytes,
            Topics = [new() { Topic = topic, Partitions = [new() { FetchOffset = 0, PartitionMaxBytes = 50_000_000 }] }],
        };
        using var frame = MessageCodec.RequestFrame<FetchRequest, FetchResponse>(request, FetchVersion, 1, "vanishing");
        return frame.ToArray();
    }

    private static int Handles(BrokerState broker) => Directory.GetFiles($"/proc/{broker.Process!.Id}/fd").Length;
}
