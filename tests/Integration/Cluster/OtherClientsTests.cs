using System.Diagnostics;

namespace ClassicBroker.Integration.Cluster;

/// <summary>Programs that know nothing of us: kcat (librdkafka) and kafka-python. Skipped where they are not installed; CI installs both.</summary>
[Collection(ClusterCollection.Name)]
public sealed class OtherClientsTests(ClusterFixture cluster)
{
    private const string Python = "/usr/bin/python3"; // Debian's own, which has the package python3-kafka

    [Fact]
    public async Task Kcat_lists_the_brokers_and_the_topic()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/kcat"), "kcat is not installed");
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync(partitions: 2);
        // The broker kcat happens to ask may hear of a new topic a moment after the others, as in Kafka.
        await ClusterFixture.UntilAsync("kcat lists the topic", async () =>
        {
            var listing = await RunAsync("kcat", ["-b", cluster.Brokers.BootstrapServers, "-L", "-t", topic]);
            return listing.Contains("3 brokers:") && listing.Contains($"topic \"{topic}\" with 2 partitions:");
        });
    }

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    public async Task What_kcat_writes_kcat_reads_back_line_for_line(string compression)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/kcat"), "kcat is not installed");
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        var lines = string.Join('\n', Enumerable.Range(0, 5_000).Select(i => $"line {i} with some words to compress")) + "\n";
        await RunAsync("kcat", ["-b", cluster.Brokers.BootstrapServers, "-P", "-t", topic, "-X", "acks=all", "-z", compression], lines);
        Assert.Equal(lines, await RunAsync("kcat", ["-b", cluster.Brokers.BootstrapServers, "-C", "-t", topic, "-o", "beginning", "-e", "-q"]));
    }

    [Fact]
    public async Task What_kafka_python_writes_it_reads_back()
    {
        Assert.SkipUnless(await HasKafkaPythonAsync(), "python3-kafka is not installed");
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        var script =
            $"""
             from kafka import KafkaProducer, KafkaConsumer, TopicPartition
             servers = "{cluster.Brokers.BootstrapServers}".split(",")
             producer = KafkaProducer(bootstrap_servers=servers, acks="all")
             sent = [producer.send("{topic}", key=b"k%d" % i, value=b"v%d" % i) for i in range(2000)]
             offsets = [s.get(timeout=60).offset for s in sent]
             assert sorted(offsets) == list(range(2000)), offsets[:10]
             consumer = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, consumer_timeout_ms=60000)
             consumer.assign([TopicPartition("{topic}", 0)])
             consumer.seek_to_beginning()
             read = []
             for record in consumer:
                 read.append((record.key, record.value))
                 if len(read) == 2000: break
             assert sorted(read) == sorted((b"k%d" % i, b"v%d" % i) for i in range(2000)), read[:3]
             print("read", len(read))
             """;
        Assert.Equal("read 2000\n", await RunAsync(Python, ["-c", script]));
    }

    private static async Task<bool> HasKafkaPythonAsync()
    {
        if (!File.Exists(Python)) return false;
        using var asked = Process.Start(new ProcessStartInfo(Python, ["-c", "import kafka"]) { RedirectStandardError = true })!;
        await asked.WaitForExitAsync();
        return asked.ExitCode == 0;
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input = "")
    {
        using var limit = new CancellationTokenSource(ClusterFixture.Patience);
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var said = process.StandardOutput.ReadToEndAsync(limit.Token);
            var complained = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await complained}");
            return await said;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
