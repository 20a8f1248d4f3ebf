using ClassicBroker.Broker.Configuration;

namespace ClassicBroker.Broker.Api;

/// <summary>A setting of a broker as clients are shown it, with the places its value may come from, what counts first first; a secret's values are null.</summary>
public sealed record BrokerSetting(string Name, string? Value, ConfigSource Source, bool IsSecret, IReadOnlyList<(string? Value, ConfigSource Source)> Synonyms);

/// <summary>Where a value comes from, by DescribeConfigs' numbers (Kafka: DescribeConfigsResponse.ConfigSource).</summary>
public enum ConfigSource : sbyte
{
    Topic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>Every setting of a broker with where its value comes from: this broker's dynamic one, that of all brokers, what it was started with, the default. Pure.</summary>
public static class EffectiveBrokerConfig
{
    private static readonly string[] SecretEndings = ["password", "secret", "secret.key", "master.key", "jaas.config"];

    /// <param name="known">What a broker reads at its start.</param>
    /// <param name="asStarted">What it was started with.</param>
    public static IEnumerable<BrokerSetting> Of(
        IReadOnlyDictionary<string, KnownSetting> known, IReadOnlyDictionary<string, string> asStarted,
        IReadOnlyDictionary<string, string> ofAllBrokers, IReadOnlyDictionary<string, string> ofThisBroker) =>
        known.Keys.Concat(asStarted.Keys).Concat(ofAllBrokers.Keys).Concat(ofThisBroker.Keys).Distinct().Order(StringComparer.Ordinal).Select(name =>
        {
            bool secret = Array.Exists(SecretEndings, ending => name.EndsWith(ending, StringComparison.Ordinal));
            var places = new List<(string? Value, ConfigSource Source)>();
            Add(ofThisBroker.GetValueOrDefault(name), ConfigSource.DynamicBroker);
            Add(ofAllBrokers.GetValueOrDefault(name), ConfigSource.DynamicDefaultBroker);
            Add(asStarted.GetValueOrDefault(name), ConfigSource.StaticBroker);
            Add(known.GetValueOrDefault(name).Default, ConfigSource.Default);
            var (value, source) = places.Count > 0 ? places[0] : (null, ConfigSource.Default);
            return new BrokerSetting(name, value, source, secret, places);

            void Add(string? text, ConfigSource from)
            {
                if (text is not null) places.Add((secret ? null : text, from));
            }
        });

    /// <summary>What is set for all brokers, and nothing else.</summary>
    public static IEnumerable<BrokerSetting> OfAllBrokers(IReadOnlyDictionary<string, string> ofAllBrokers) =>
        Of(new Dictionary<string, KnownSetting>(), new Dictionary<string, string>(), ofAllBrokers, new Dictionary<string, string>());
}
