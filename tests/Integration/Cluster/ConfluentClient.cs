using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace ClassicBroker.Integration.Cluster;

/// <summary>Confluent's .NET client (librdkafka), set up for tests.</summary>
internal static class ConfluentClient
{
    private static readonly Lazy<bool> Loaded = new(Load);

    public static IProducer<string, string> Producer(string bootstrapServers, bool idempotent = false)
    {
        _ = Loaded.Value;
        return new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            Acks = Acks.All,
            EnableIdempotence = idempotent,
            LingerMs = 5,
            MessageTimeoutMs = (int)ClusterFixture.Patience.TotalMilliseconds,
            TopicMetadataRefreshIntervalMs = 1000,
        }).SetLogHandler((_, _) => { }).Build();
    }

    /// <summary>A member of a group that reads <paramref name="topic"/>; without a topic, one that only commits.</summary>
    public static IConsumer<string, string> Member(string bootstrapServers, string group, string? topic)
    {
        _ = Loaded.Value;
        var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            SessionTimeoutMs = 6000,
            TopicMetadataRefreshIntervalMs = 1000,
        }).SetLogHandler((_, _) => { }).Build();
        if (topic is not null) consumer.Subscribe(topic);
        return consumer;
    }

    /// <summary>Every record of the topic's partitions from the first to the end it has now.</summary>
    public static List<ConsumeResult<string, string>> ReadAll(string bootstrapServers, string topic, int partitions)
    {
        _ = Loaded.Value;
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "unused", // asked for by the client; offsets are given by hand, so no group is formed
            EnableAutoCommit = false,
            EnablePartitionEof = true,
        }).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var read = new List<ConsumeResult<string, string>>();
        for (var ended = 0; ended < partitions;)
        {
            var next = consumer.Consume(ClusterFixture.Patience);
            Assert.NotNull(next);
            if (next.IsPartitionEOF) ended++;
            else read.Add(next);
        }

        return read;
    }

    // The package's default library wants the system's SASL library, which a plain machine does not have; this one has it inside.
    // (Library.Load(path) would do, were it not for "libdl", which only a machine with compilers has under that name.)
    private static bool Load()
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            var library = Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native/centos8-librdkafka.so");
            NativeLibrary.SetDllImportResolver(
                typeof(Library).Assembly, (name, _, _) => name == "librdkafka" ? NativeLibrary.Load(library) : IntPtr.Zero);
        }

        return Library.IsLoaded || Library.Load(null);
    }
}
