using System.Threading.Channels;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Unit.Controller;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Configuration;

/// <summary>What a broker hears of changed configurations, from outside: znodes in, events out.</summary>
public sealed class ConfigChangesTests : IAsyncLifetime
{
    private const int Me = 1;
    private readonly MemoryZooKeeper _zooKeeper = new();
    private readonly Channel<(string Topic, IReadOnlyDictionary<string, string> Config)> _topics = Channel.CreateUnbounded<(string, IReadOnlyDictionary<string, string>)>();
    private readonly Channel<IReadOnlyDictionary<string, string>> _broker = Channel.CreateUnbounded<IReadOnlyDictionary<string, string>>();
    private readonly List<string> _hosted = [];
    private ConfigStore _store = null!;
    private ConfigChanges _changes = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await ZNodeTree.EnsureAsync(_zooKeeper, Ct);
        _store = new ConfigStore(_zooKeeper);
        _changes = new ConfigChanges(_zooKeeper, _store, new ConfigChangeNotifications(_zooKeeper), Me, () => _hosted, new FakeTimeProvider(), NullLogger<ConfigChanges>.Instance);
        _changes.TopicChanged += (topic, config) => _topics.Writer.TryWrite((topic, config));
        _changes.BrokerChanged += config => _broker.Writer.TryWrite(config);
        await _changes.StartAsync(Ct);
        Assert.Empty(await NextAsync(_broker));
    }

    public ValueTask DisposeAsync() => _changes.DisposeAsync();

    [Fact]
    public async Task A_change_is_handed_on_as_the_entity_is_now()
    {
        await AlterAsync("topics/t", "retention.ms", "1000");

        var (topic, config) = await NextAsync(_topics);
        Assert.Equal("t", topic);
        Assert.Equal("1000", config["retention.ms"]);
    }

    [Fact]
    public async Task A_repeated_notification_only_reads_again()
    {
        await AlterAsync("topics/t", "retention.ms", "1000");
        await NextAsync(_topics);
        await _store.NotifyAsync("topics/t", Ct);

        Assert.Equal("1000", (await NextAsync(_topics)).Config["retention.ms"]);
    }

    [Fact]
    public async Task A_handled_notification_is_not_handled_with_the_next_one()
    {
        await AlterAsync("topics/one", "retention.ms", "1");
        await NextAsync(_topics);
        await AlterAsync("topics/two", "retention.ms", "2");

        Assert.Equal("two", (await NextAsync(_topics)).Topic);
        Assert.False(_topics.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_notification_of_version_1_counts_and_junk_is_passed_over()
    {
        await _zooKeeper.CreateAsync(ConfigChangeNode.Prefix, "junk"u8.ToArray(), Coordination.ZooKeeper.CreateMode.PersistentSequential, Ct);
        await _zooKeeper.CreateAsync(ConfigChangeNode.Prefix, """{"version":1,"entity_type":"topics","entity_name":"t"}"""u8.ToArray(),
            Coordination.ZooKeeper.CreateMode.PersistentSequential, Ct);

        Assert.Equal("t", (await NextAsync(_topics)).Topic);
    }

    [Fact]
    public async Task A_change_that_was_missed_is_found_on_the_next_session()
    {
        _hosted.Add("t");
        await _store.UpdateAsync("topics/t", _ => new Dictionary<string, string> { ["retention.ms"] = "1000" }, Ct);
        _zooKeeper.StartSession();

        Assert.Equal("1000", (await NextAsync(_topics)).Config["retention.ms"]);
        await NextAsync(_broker);
        await AlterAsync("topics/t", "retention.ms", "2000");
        Assert.Equal("2000", (await NextAsync(_topics)).Config["retention.ms"]);
    }

    [Fact]
    public async Task A_topic_that_changed_is_read_once_more_when_a_replica_is_opened()
    {
        _changes.Opened("t");
        await AlterAsync("topics/t", "retention.ms", "1000");
        await NextAsync(_topics);
        Assert.False(_topics.Reader.TryRead(out _));

        _changes.Opened("t");
        Assert.Equal("t", (await NextAsync(_topics)).Topic);
    }

    [Fact]
    public async Task A_broker_s_own_setting_counts_before_that_of_all()
    {
        await AlterAsync("brokers/2", "leader.replication.throttled.rate", "9");
        await AlterAsync(ConfigChanges.AllBrokers, "leader.replication.throttled.rate", "1");
        Assert.Equal("1", (await NextAsync(_broker))["leader.replication.throttled.rate"]);
        await AlterAsync("brokers/1", "leader.replication.throttled.rate", "2");
        Assert.Equal("2", (await NextAsync(_broker))["leader.replication.throttled.rate"]);
        await AlterAsync("brokers/1", "leader.replication.throttled.rate", null);
        Assert.Equal("1", (await NextAsync(_broker))["leader.replication.throttled.rate"]);
    }

    [Fact]
    public async Task Old_notifications_go_with_the_next_one()
    {
        await AlterAsync("topics/first", "retention.ms", "1");
        _zooKeeper.Now += TimeSpan.FromMinutes(2);
        await AlterAsync("topics/second", "retention.ms", "1");
        _zooKeeper.Now += TimeSpan.FromMinutes(14);
        await AlterAsync("topics/third", "retention.ms", "1");

        await UntilAsync(() => _zooKeeper[ConfigChangeNode.Prefix + "0000000000"] is null);
        Assert.NotNull(_zooKeeper[ConfigChangeNode.Prefix + "0000000001"]);
        Assert.NotNull(_zooKeeper[ConfigChangeNode.Prefix + "0000000002"]);
    }

    private async Task AlterAsync(string entity, string key, string? value)
    {
        await _store.UpdateAsync(entity, config => value is null
            ? config.Where(entry => entry.Key != key).ToDictionary()
            : new Dictionary<string, string>(config) { [key] = value }, Ct);
        await _store.NotifyAsync(entity, Ct);
    }

    private static async Task<T> NextAsync<T>(Channel<T> channel) => await channel.Reader.ReadAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
