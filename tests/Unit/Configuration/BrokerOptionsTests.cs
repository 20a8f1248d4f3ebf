using System.Collections;
using ClassicBroker.Broker.Configuration;

namespace ClassicBroker.Unit.Configuration;

public sealed class BrokerOptionsTests
{
    private const string Minimum = "zookeeper.connect=localhost:2181\n";

    [Fact]
    public void Only_the_ensemble_has_to_be_named()
    {
        var options = Read(Minimum).Options;

        Assert.Equal(-1, options.BrokerId);
        Assert.Equal("PLAINTEXT://127.0.0.1:9092", Assert.Single(options.Listeners.Listeners).ToString());
        Assert.Equal(30_000, options.ReplicaLagTimeMaxMs);
        Assert.Equal(100 * 1024 * 1024, options.MaxRequestBytes);
    }

    [Fact]
    public void Environment_wins_over_the_file_and_an_override_wins_over_both()
    {
        var environment = new Hashtable { ["CLASSIC_NUM_PARTITIONS"] = "4", ["CLASSIC_LOG_SEGMENT_BYTES"] = "2000", ["PATH"] = "/bin" };

        var options = BrokerOptionsReader.Read(
            Minimum + "num.partitions=2\nlog.segment.bytes=1000\nmin.insync.replicas=2", environment, [new("log.segment.bytes", "3000")]).Options;

        Assert.Equal(4, options.NumPartitions);
        Assert.Equal(3000, options.Log.SegmentBytes);
        Assert.Equal(2, options.MinInsyncReplicas);
    }

    [Theory]
    [InlineData("num.partitions=0", "num.partitions=0", "from 1")]
    [InlineData("num.partitions=many", "num.partitions=many", "a whole number")]
    [InlineData("num.partitions=99999999999", "num.partitions=99999999999", "2147483647")]
    [InlineData("auto.create.topics.enable=yes", "auto.create.topics.enable=yes", "true or false")]
    [InlineData("listeners=9092", "listeners=9092", "NAME://host:port")]
    [InlineData("listeners=PLAINTEXT://h:70000", "listeners=PLAINTEXT://h:70000", "65535")]
    [InlineData("listeners=INSIDE://h:1", "listeners=INSIDE://h:1", "listener.security.protocol.map")]
    [InlineData("listeners=A://h:1,B://h:1\nlistener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT\ninter.broker.listener.name=A", "listeners=", "each port once")]
    [InlineData("listeners=PLAINTEXT://h:1,PLAINTEXT://h:2", "listeners=", "each listener name once")]
    [InlineData("advertised.listeners=PLAINTEXT://0.0.0.0:1", "advertised.listeners=", "an address others can connect to")]
    [InlineData("inter.broker.listener.name=OTHER", "inter.broker.listener.name=OTHER", "PLAINTEXT")]
    [InlineData("log.dirs=", "log.dirs=", "one directory or more")]
    [InlineData("log.cleanup.policy=shred", "log.cleanup.policy=shred", "delete, compact")]
    [InlineData("replica.fetch.wait.max.ms=40000", "replica.fetch.wait.max.ms=40000", "at most the lag time")]
    [InlineData("broker.id=2000", "broker.id=2000", "reserved.broker.max.id=1000")]
    [InlineData("max.connections.per.ip.overrides=10.0.0.1", "max.connections.per.ip.overrides=10.0.0.1", "address:number")]
    public void A_value_that_cannot_be_used_is_named_with_what_would_be_allowed(string line, string named, string allowed)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(Minimum + line));

        Assert.Contains(refused.Problems, problem => problem.Contains(named) && problem.Contains(allowed));
    }

    [Fact]
    public void All_mistakes_are_reported_together()
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read("num.partitions=0\nfetch.max.bytes=1"));

        Assert.Equal(["fetch.max.bytes", "num.partitions", "zookeeper.connect"], refused.Problems.Select(p => p.Split('=')[0]).Order());
    }

    [Fact]
    public void A_misspelt_key_is_a_warning_with_the_nearest_name()
    {
        var warning = Assert.Single(Read(Minimum + "num.partition=3").Warnings);

        Assert.Contains("did you mean num.partitions?", warning);
    }

    [Fact]
    public void A_key_like_no_other_is_a_warning()
    {
        Assert.Contains("ignored", Assert.Single(Read(Minimum + "completely.else=3").Warnings));
    }

    [Fact]
    public void Kafka_keys_that_do_nothing_yet_are_accepted_with_a_warning()
    {
        var warnings = Read(Minimum + "authorizer.class.name=x\ntransaction.state.log.num.partitions=5\nlistener.name.plaintext.sasl.jaas.config=y").Warnings;

        Assert.Equal(3, warnings.Count);
        Assert.All(warnings, warning => Assert.Contains("no effect yet", warning));
    }

    [Theory]
    [InlineData("log.retention.ms=5\nlog.retention.hours=1", 5)]
    [InlineData("log.retention.minutes=2\nlog.retention.hours=1", 120_000)]
    [InlineData("log.retention.hours=1", 3_600_000)]
    [InlineData("log.retention.ms=-1", -1)]
    [InlineData("log.retention.hours=-1", -1)]
    [InlineData("", 604_800_000)]
    public void The_finest_unit_of_a_time_wins(string lines, long retentionMs)
    {
        Assert.Equal(retentionMs, Read(Minimum + lines).Options.Log.RetentionMs);
    }

    [Fact]
    public void Listener_names_map_to_protocols_and_brokers_use_the_named_one()
    {
        var listeners = Read(Minimum + """
            listeners=inside://10.0.0.1:9092,OUTSIDE://:9093
            listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT
            advertised.listeners=OUTSIDE://broker.example:443
            inter.broker.listener.name=inside
            """).Options.Listeners;

        Assert.Equal("INSIDE", listeners.InterBrokerListenerName);
        Assert.Equal("10.0.0.1", listeners.ControlPlaneHost);
        Assert.Equal(["INSIDE", "OUTSIDE"], listeners.Listeners.Select(l => l.Name));
        Assert.Equal("OUTSIDE://broker.example:443", Assert.Single(listeners.Advertised).ToString());
    }

    [Fact]
    public void An_ipv6_host_stands_in_brackets()
    {
        var listener = Assert.Single(Read(Minimum + "listeners=PLAINTEXT://[::1]:9092").Options.Listeners.Listeners);

        Assert.Equal(("::1", 9092), (listener.Host, listener.Port));
    }

    private static BrokerConfiguration Read(string text) => BrokerOptionsReader.Read(text, new Hashtable(), []);
}
