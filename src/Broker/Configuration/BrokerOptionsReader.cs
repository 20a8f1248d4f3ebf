using System.Collections;

namespace ClassicBroker.Broker.Configuration;

/// <summary>What was read, and what the reader wants said about it.</summary>
/// <param name="Options">The checked options.</param>
/// <param name="Warnings">One sentence per key that is unknown or has no effect yet.</param>
public sealed record BrokerConfiguration(BrokerOptions Options, IReadOnlyList<string> Warnings);

/// <summary>
/// Reads <see cref="BrokerOptions"/> from three layers, later ones winning: the properties file, environment variables
/// <c>CLASSIC_…</c>, command-line overrides. Throws <see cref="ConfigurationException"/> naming every wrong value at once.
/// </summary>
public static class BrokerOptionsReader
{
    /// <summary><c>CLASSIC_LOG_DIRS</c> sets <c>log.dirs</c>. A prefix, so that foreign variables can never become settings.</summary>
    public const string EnvironmentPrefix = "CLASSIC_";

    /// <summary>A "did you mean" is worth saying when at most one letter in this many differs.</summary>
    private const int LettersPerEdit = 4;

    public static BrokerConfiguration Read(string? propertiesText, IDictionary environment, IReadOnlyList<KeyValuePair<string, string>> overrides)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in JavaProperties.Parse(propertiesText ?? ""))
        {
            values[key] = value;
        }

        foreach (DictionaryEntry variable in environment)
        {
            if (variable.Key is string name && name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && name.Length > EnvironmentPrefix.Length)
            {
                values[name[EnvironmentPrefix.Length..].ToLowerInvariant().Replace('_', '.')] = variable.Value as string ?? "";
            }
        }

        foreach (var (key, value) in overrides)
        {
            values[key] = value;
        }

        return Read(values);
    }

    public static BrokerConfiguration Read(IReadOnlyDictionary<string, string> values)
    {
        var settings = new SettingReader(values);
        var options = ReadGroups(settings) with { AsWritten = values };
        if (settings.Problems.Count > 0)
        {
            throw new ConfigurationException(settings.Problems);
        }

        return new BrokerConfiguration(options, [.. values.Keys.Order(StringComparer.Ordinal).Select(key => Warning(key, settings)).OfType<string>()]);
    }

    /// <summary>Every setting that has an effect, by key.</summary>
    public static IReadOnlyDictionary<string, KnownSetting> KnownSettings()
    {
        var settings = new SettingReader(new Dictionary<string, string>());
        ReadGroups(settings);
        return settings.Known;
    }

    private static BrokerOptions ReadGroups(SettingReader settings) => new()
    {
        Identity = IdentityOptions.Read(settings),
        Listeners = ListenerOptions.Read(settings),
        ZooKeeper = ZooKeeperSettings.Read(settings),
        Topics = TopicDefaults.Read(settings),
        Log = LogSettings.Read(settings),
        Cleaner = CleanerSettings.Read(settings),
        Replication = ReplicationOptions.Read(settings),
        Controller = ControllerSettings.Read(settings),
        Limits = LimitOptions.Read(settings),
        Groups = GroupOptions.Read(settings),
    };

    private static string? Warning(string key, SettingReader settings)
    {
        if (settings.Known.ContainsKey(key))
        {
            return null;
        }

        if (KafkaKeys.WithoutEffectYet.Contains(key) || key.StartsWith(KafkaKeys.ListenerPrefix, StringComparison.Ordinal))
        {
            return $"{key} is accepted but has no effect yet";
        }

        var nearest = settings.Known.Keys.Concat(KafkaKeys.WithoutEffectYet).MinBy(known => EditDistance.Between(key, known))!;
        return EditDistance.Between(key, nearest) <= key.Length / LettersPerEdit
            ? $"{key} is not a setting; did you mean {nearest}?"
            : $"{key} is not a setting and is ignored";
    }
}
