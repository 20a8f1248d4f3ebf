using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>The settings of a broker that can be changed while it runs, and what each may be set to (Kafka: DynamicBrokerConfig). Pure.</summary>
public static class BrokerConfigRules
{
    private static readonly Dictionary<string, ConfigRule> Rules = new(StringComparer.Ordinal)
    {
        ["follower.replication.throttled.rate"] = ConfigRule.Long(0),
        ["leader.replication.throttled.rate"] = ConfigRule.Long(0),
    };

    /// <summary>Null when the setting cannot be changed while the broker runs.</summary>
    public static ConfigRule? Of(string key) => Rules.GetValueOrDefault(key);

    /// <exception cref="RequestRefusedException">INVALID_REQUEST for a setting that is fixed at the start; INVALID_CONFIG for a wrong value.</exception>
    public static void Check(string key, string value)
    {
        var rule = Of(key) ?? throw new RequestRefusedException(ErrorCode.InvalidRequest,
            $"{key} cannot be changed while the broker runs, only in its configuration before it starts; dynamic are {string.Join(", ", Rules.Keys)}");
        rule.Check(key, value);
    }
}
