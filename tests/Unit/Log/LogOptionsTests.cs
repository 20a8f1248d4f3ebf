using ClassicBroker.Broker.Log;

namespace ClassicBroker.Unit.Log;

public class LogOptionsTests
{
    [Fact]
    public void A_topics_own_settings_lie_over_the_brokers()
    {
        var broker = new LogOptions { SegmentBytes = 5000, RetentionMs = 7 };
        var topic = broker.WithTopicConfig(new Dictionary<string, string>
        {
            ["retention.ms"] = "-1",
            ["cleanup.policy"] = "compact, delete",
            ["message.timestamp.type"] = "LogAppendTime",
            ["compression.type"] = "zstd",
            ["min.insync.replicas"] = " 2 ",
            ["unclean.leader.election.enable"] = "true",
            ["leader.replication.throttled.replicas"] = "*",
        });
        Assert.Equal(broker with
        {
            RetentionMs = -1, CleanupDelete = true, CleanupCompact = true, AppendTime = true, CompressionType = "zstd",
            MinInsyncReplicas = 2, UncleanLeaderElection = true,
        }, topic);
    }

    [Fact]
    public void Compaction_alone_deletes_nothing_by_age() =>
        Assert.False(new LogOptions().WithTopicConfig(new Dictionary<string, string> { ["cleanup.policy"] = "compact" }).CleanupDelete);

    [Theory]
    [InlineData("segment.bytes", "many")]
    [InlineData("segment.bytes", "99999999999")]
    [InlineData("unclean.leader.election.enable", "perhaps")]
    public void A_value_that_makes_no_sense_is_named_with_its_key(string key, string value)
    {
        var e = Assert.Throws<FormatException>(() => new LogOptions().WithTopicConfig(new Dictionary<string, string> { [key] = value }));
        Assert.Contains(key, e.Message, StringComparison.Ordinal);
        Assert.Contains(value, e.Message, StringComparison.Ordinal);
    }
}
