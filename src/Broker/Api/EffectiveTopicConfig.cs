using System.Globalization;

namespace ClassicBroker.Broker.Api;

/// <summary>One setting of a topic as clients are shown it. <see cref="Source"/>: 1 set on the topic, 4 in the broker's configuration, 5 Kafka's default.</summary>
public readonly record struct TopicSetting(string Name, string Value, sbyte Source);

/// <summary>
/// Every setting of a topic with where its value comes from: the topic itself, else the broker's own configuration under the broker's
/// name for it (sometimes in a coarser unit), else Kafka's default. Pure.
/// </summary>
public static class EffectiveTopicConfig
{
    private const sbyte OnTopic = 1, OnBroker = 4, Default = 5;

    private static readonly string Unlimited = long.MaxValue.ToString(CultureInfo.InvariantCulture);

    // Name, default, the broker's names for it, the most exact first; a name ending in .minutes or .hours is in that unit.
    private static readonly (string Name, string Default, string[] BrokerNames)[] Settings =
    [
        ("cleanup.policy", "delete", ["log.cleanup.policy"]),
        ("compression.gzip.level", "-1", ["compression.gzip.level"]),
        ("compression.lz4.level", "9", ["compression.lz4.level"]),
        ("compression.type", "producer", ["compression.type"]),
        ("compression.zstd.level", "3", ["compression.zstd.level"]),
        ("delete.retention.ms", "86400000", ["log.cleaner.delete.retention.ms"]),
        ("file.delete.delay.ms", "60000", ["log.segment.delete.delay.ms"]),
        ("flush.messages", Unlimited, ["log.flush.interval.messages"]),
        ("flush.ms", Unlimited, ["log.flush.interval.ms"]),
        ("follower.replication.throttled.replicas", "", []),
        ("index.interval.bytes", "4096", ["log.index.interval.bytes"]),
        ("leader.replication.throttled.replicas", "", []),
        ("local.retention.bytes", "-2", ["log.local.retention.bytes"]),
        ("local.retention.ms", "-2", ["log.local.retention.ms"]),
        ("max.compaction.lag.ms", Unlimited, ["log.cleaner.max.compaction.lag.ms"]),
        ("max.message.bytes", "1048588", ["message.max.bytes"]),
        ("message.downconversion.enable", "true", ["log.message.downconversion.enable"]),
        ("message.format.version", "3.0-IV1", ["log.message.format.version"]),
        ("message.timestamp.after.max.ms", Unlimited, ["log.message.timestamp.after.max.ms"]),
        ("message.timestamp.before.max.ms", Unlimited, ["log.message.timestamp.before.max.ms"]),
        ("message.timestamp.difference.max.ms", Unlimited, ["log.message.timestamp.difference.max.ms"]),
        ("message.timestamp.type", "CreateTime", ["log.message.timestamp.type"]),
        ("min.cleanable.dirty.ratio", "0.5", ["log.cleaner.min.cleanable.ratio"]),
        ("min.compaction.lag.ms", "0", ["log.cleaner.min.compaction.lag.ms"]),
        ("min.insync.replicas", "1", ["min.insync.replicas"]),
        ("preallocate", "false", ["log.preallocate"]),
        ("remote.log.copy.disable", "false", []),
        ("remote.log.delete.on.disable", "false", []),
        ("remote.storage.enable", "false", []),
        ("retention.bytes", "-1", ["log.retention.bytes"]),
        ("retention.ms", "604800000", ["log.retention.ms", "log.retention.minutes", "log.retention.hours"]),
        ("segment.bytes", "1073741824", ["log.segment.bytes"]),
        ("segment.index.bytes", "10485760", ["log.index.size.max.bytes"]),
        ("segment.jitter.ms", "0", ["log.roll.jitter.ms", "log.roll.jitter.hours"]),
        ("segment.ms", "604800000", ["log.roll.ms", "log.roll.hours"]),
        ("unclean.leader.election.enable", "false", ["unclean.leader.election.enable"]),
    ];

    /// <param name="onTopic">What was set on the topic.</param>
    /// <param name="onBroker">What was set in the broker's configuration, under the broker's names.</param>
    public static IEnumerable<TopicSetting> Of(IReadOnlyDictionary<string, string> onTopic, IReadOnlyDictionary<string, string> onBroker)
    {
        foreach (var (name, byDefault, brokerNames) in Settings)
        {
            string? brokerName = Array.Find(brokerNames, onBroker.ContainsKey);
            if (onTopic.TryGetValue(name, out string? value)) yield return new TopicSetting(name, value, OnTopic);
            else if (brokerName is not null) yield return new TopicSetting(name, InMilliseconds(brokerName, onBroker[brokerName]), OnBroker);
            else yield return new TopicSetting(name, byDefault, Default);
        }
    }

    /// <summary>Where a setting's value may come from, what counts first first: its value on the topic, then what is set in the broker's configuration, then the default.</summary>
    public static IEnumerable<TopicSetting> Synonyms(string name, IReadOnlyDictionary<string, string> onTopic, IReadOnlyDictionary<string, string> onBroker)
    {
        if (onTopic.TryGetValue(name, out string? own)) yield return new TopicSetting(name, own, OnTopic);
        var (_, byDefault, brokerNames) = Array.Find(Settings, setting => setting.Name == name);
        if (brokerNames is not { Length: > 0 }) yield break;
        foreach (string brokerName in brokerNames)
            if (onBroker.TryGetValue(brokerName, out string? value)) yield return new TopicSetting(brokerName, value, OnBroker);
        yield return new TopicSetting(brokerNames[^1], InUnit(brokerNames[^1], byDefault), Default);
    }

    private static string InMilliseconds(string brokerName, string value) =>
        long.TryParse(value, CultureInfo.InvariantCulture, out long count) && count > 0
            ? (count * Unit(brokerName)).ToString(CultureInfo.InvariantCulture)
            : value;

    private static string InUnit(string brokerName, string value) =>
        Unit(brokerName) is > 1 and var unit ? (long.Parse(value, CultureInfo.InvariantCulture) / unit).ToString(CultureInfo.InvariantCulture) : value;

    private static long Unit(string brokerName) =>
        brokerName.EndsWith(".hours", StringComparison.Ordinal) ? TimeSpan.MillisecondsPerHour
        : brokerName.EndsWith(".minutes", StringComparison.Ordinal) ? TimeSpan.MillisecondsPerMinute
        : 1;
}
