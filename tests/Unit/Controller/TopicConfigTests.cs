using ClassicBroker.Broker.Api;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Controller;

public sealed class TopicConfigTests
{
    [Theory]
    [InlineData("no.such.setting", "1")]
    [InlineData("retention.ms", "soon")]
    [InlineData("retention.ms", "-2")]
    [InlineData("segment.bytes", "1")]
    [InlineData("cleanup.policy", "shred")]
    [InlineData("cleanup.policy", "")]
    [InlineData("min.insync.replicas", "0")]
    [InlineData("message.timestamp.type", "Never")]
    [InlineData("min.cleanable.dirty.ratio", "1.1")]
    [InlineData("unclean.leader.election.enable", "perhaps")]
    public void What_a_topic_cannot_be_set_to_is_refused_with_the_name(string key, string value)
    {
        var refused = Assert.Throws<RequestRefusedException>(() => TopicConfigRules.Check(new Dictionary<string, string> { [key] = value }));

        Assert.Equal(ErrorCode.InvalidConfig, refused.Code);
        Assert.Contains(key, refused.Message);
    }

    [Fact]
    public void Every_setting_that_is_shown_may_be_set_to_what_is_shown() => TopicConfigRules.Check(
        EffectiveTopicConfig.Of(new Dictionary<string, string>(), new Dictionary<string, string>()).ToDictionary(setting => setting.Name, setting => setting.Value));

    [Fact]
    public void The_topic_comes_before_the_broker_and_the_broker_before_the_default()
    {
        var onTopic = new Dictionary<string, string> { ["segment.bytes"] = "100" };
        var onBroker = new Dictionary<string, string> { ["log.segment.bytes"] = "200", ["log.retention.hours"] = "2" };

        var settings = EffectiveTopicConfig.Of(onTopic, onBroker).ToDictionary(setting => setting.Name);

        Assert.Equal(new TopicSetting("segment.bytes", "100", 1), settings["segment.bytes"]);
        Assert.Equal(new TopicSetting("retention.ms", "7200000", 4), settings["retention.ms"]);
        Assert.Equal(new TopicSetting("cleanup.policy", "delete", 5), settings["cleanup.policy"]);
    }
}
