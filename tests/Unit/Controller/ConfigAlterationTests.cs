using ClassicBroker.Broker.Api;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Controller;

public sealed class ConfigAlterationTests
{
    private static readonly Dictionary<string, string> Before = new() { ["retention.ms"] = "5", ["cleanup.policy"] = "compact" };

    [Theory]
    [InlineData("retention.ms", ConfigOperation.Set, "7", "7")]
    [InlineData("segment.bytes", ConfigOperation.Set, "100", "100")]
    [InlineData("retention.ms", ConfigOperation.Delete, null, null)]
    [InlineData("segment.bytes", ConfigOperation.Delete, null, null)]
    [InlineData("cleanup.policy", ConfigOperation.Append, "delete", "compact,delete")]
    [InlineData("cleanup.policy", ConfigOperation.Append, "compact", "compact")]
    [InlineData("leader.replication.throttled.replicas", ConfigOperation.Append, "0:1,1:2", "0:1,1:2")]
    [InlineData("cleanup.policy", ConfigOperation.Subtract, "compact", "")]
    [InlineData("cleanup.policy", ConfigOperation.Subtract, "delete", "compact")]
    public void An_operation_changes_its_key_only_and_again_changes_nothing(string key, ConfigOperation operation, string? value, string? expected)
    {
        var after = Apply(Before, new ConfigAlteration(key, operation, value));

        Assert.Equal(expected, after.GetValueOrDefault(key));
        Assert.Equal(Before.Where(entry => entry.Key != key), after.Where(entry => entry.Key != key));
        Assert.Equal(after, Apply(after, new ConfigAlteration(key, operation, value)));
    }

    [Fact]
    public void A_list_that_is_not_set_is_appended_to_what_it_inherits() =>
        Assert.Equal("delete,compact", Apply([], new ConfigAlteration("cleanup.policy", ConfigOperation.Append, "compact"))["cleanup.policy"]);

    [Theory]
    [InlineData("segment.bytes", ConfigOperation.Append, "1", ErrorCode.InvalidConfig)]
    [InlineData("segment.bytes", ConfigOperation.Set, null, ErrorCode.InvalidRequest)]
    [InlineData("segment.bytes", (ConfigOperation)9, "1", ErrorCode.InvalidRequest)]
    public void What_cannot_be_done_is_refused_with_the_key(string key, ConfigOperation operation, string? value, ErrorCode expected)
    {
        var refused = Assert.Throws<RequestRefusedException>(() => Apply(Before, new ConfigAlteration(key, operation, value)));

        Assert.Equal(expected, refused.Code);
        Assert.Contains(key, refused.Message);
    }

    [Fact]
    public void A_key_named_twice_is_refused() => Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<RequestRefusedException>(() => Apply(
        Before, new ConfigAlteration("a", ConfigOperation.Set, "1"), new ConfigAlteration("a", ConfigOperation.Delete, null))).Code);

    [Theory]
    [InlineData("leader.replication.throttled.replicas", "*")]
    [InlineData("leader.replication.throttled.replicas", "0:1,1:2")]
    [InlineData("leader.replication.throttled.replicas", "")]
    public void Throttled_replicas_are_pairs_or_all(string key, string value) => TopicConfigRules.Check(new Dictionary<string, string> { [key] = value });

    [Fact]
    public void A_wrong_value_is_refused_with_key_value_and_what_is_allowed()
    {
        var refused = Assert.Throws<RequestRefusedException>(() => TopicConfigRules.Check(new Dictionary<string, string> { ["segment.bytes"] = "x" }));

        Assert.Equal("Invalid value x for configuration segment.bytes: allowed is a whole number from 14 to 2147483647", refused.Message);
    }

    [Theory]
    [InlineData("leader.replication.throttled.rate", "1000", null)]
    [InlineData("leader.replication.throttled.rate", "-1", ErrorCode.InvalidConfig)]
    [InlineData("zookeeper.connect", "x", ErrorCode.InvalidRequest)]
    public void A_broker_takes_only_what_it_can_change_while_it_runs(string key, string value, ErrorCode? expected)
    {
        var refused = Record.Exception(() => BrokerConfigRules.Check(key, value)) as RequestRefusedException;

        Assert.Equal(expected, refused?.Code);
    }

    [Fact]
    public void A_broker_setting_says_where_it_comes_from_and_secrets_are_not_told()
    {
        var settings = EffectiveBrokerConfig.Of(
            ClassicBroker.Broker.Configuration.BrokerOptionsReader.KnownSettings(),
            new Dictionary<string, string> { ["num.partitions"] = "3", ["delegation.token.secret.key"] = "hush" },
            new Dictionary<string, string> { ["num.partitions"] = "4" },
            new Dictionary<string, string> { ["num.partitions"] = "5" }).ToDictionary(setting => setting.Name);

        Assert.Equal([("5", ConfigSource.DynamicBroker), ("4", ConfigSource.DynamicDefaultBroker), ("3", ConfigSource.StaticBroker), ("1", ConfigSource.Default)],
            settings["num.partitions"].Synonyms);
        Assert.Equal(ConfigSource.Default, settings["auto.create.topics.enable"].Source);
        Assert.True(settings["delegation.token.secret.key"].IsSecret);
        Assert.Null(settings["delegation.token.secret.key"].Value);
    }

    private static Dictionary<string, string> Apply(Dictionary<string, string> config, params ConfigAlteration[] changes) => ConfigAlteration.Apply(
        config, changes, TopicConfigRules.Of, key => key == "cleanup.policy" ? "delete" : "");
}
