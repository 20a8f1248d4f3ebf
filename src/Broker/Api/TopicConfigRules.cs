using System.Globalization;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>The configurations a topic may have and what each may be set to (Kafka: TopicConfig, LogConfig). Pure.</summary>
public static class TopicConfigRules
{
    private static readonly Dictionary<string, ConfigRule> Rules = new(StringComparer.Ordinal)
    {
        ["cleanup.policy"] = ConfigRule.List("a list of delete and compact", part => part is "delete" or "compact"),
        ["compression.type"] = ConfigRule.OneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
        ["compression.gzip.level"] = new(ConfigType.Int, "-1 or 1 to 9", value => ConfigRule.Whole(value, out long level) && level is -1 or (>= 1 and <= 9)),
        ["compression.lz4.level"] = ConfigRule.Int(1, 17),
        ["compression.zstd.level"] = ConfigRule.Int(-131_072, 22),
        ["delete.retention.ms"] = ConfigRule.Long(0),
        ["file.delete.delay.ms"] = ConfigRule.Long(0),
        ["flush.messages"] = ConfigRule.Long(1),
        ["flush.ms"] = ConfigRule.Long(0),
        ["follower.replication.throttled.replicas"] = ThrottledReplicas,
        ["index.interval.bytes"] = ConfigRule.Int(0),
        ["leader.replication.throttled.replicas"] = ThrottledReplicas,
        ["local.retention.bytes"] = ConfigRule.Long(-2),
        ["local.retention.ms"] = ConfigRule.Long(-2),
        ["max.compaction.lag.ms"] = ConfigRule.Long(1),
        ["max.message.bytes"] = ConfigRule.Int(0),
        ["message.downconversion.enable"] = ConfigRule.Bool,
        ["message.format.version"] = ConfigRule.Text,
        ["message.timestamp.after.max.ms"] = ConfigRule.Long(0),
        ["message.timestamp.before.max.ms"] = ConfigRule.Long(0),
        ["message.timestamp.difference.max.ms"] = ConfigRule.Long(0),
        ["message.timestamp.type"] = ConfigRule.OneOf("CreateTime", "LogAppendTime"),
        ["min.cleanable.dirty.ratio"] = new(ConfigType.Double, "a number from 0 to 1", value =>
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1),
        ["min.compaction.lag.ms"] = ConfigRule.Long(0),
        ["min.insync.replicas"] = ConfigRule.Int(1),
        ["preallocate"] = ConfigRule.Bool,
        ["remote.log.copy.disable"] = ConfigRule.Bool,
        ["remote.log.delete.on.disable"] = ConfigRule.Bool,
        ["remote.storage.enable"] = ConfigRule.Bool,
        ["retention.bytes"] = ConfigRule.Long(-1),
        ["retention.ms"] = ConfigRule.Long(-1),
        ["segment.bytes"] = ConfigRule.Int(14),
        ["segment.index.bytes"] = ConfigRule.Int(4),
        ["segment.jitter.ms"] = ConfigRule.Long(0),
        ["segment.ms"] = ConfigRule.Long(1),
        ["unclean.leader.election.enable"] = ConfigRule.Bool,
    };

    private static ConfigRule ThrottledReplicas => new(ConfigType.List, "partition:broker pairs, comma-separated, or *", value =>
        value is "" or "*" || value.Split(',').All(pair => pair.Split(':') is [var partition, var broker] && IsId(partition) && IsId(broker)));

    /// <summary>What a known setting takes; null when there is no such setting.</summary>
    public static ConfigRule? Of(string key) => Rules.GetValueOrDefault(key);

    /// <exception cref="RequestRefusedException">INVALID_CONFIG, naming the key, what it was set to and what it takes.</exception>
    public static void Check(IReadOnlyDictionary<string, string> config)
    {
        foreach (var (key, value) in config)
        {
            var rule = Of(key) ?? throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Unknown topic config name: {key}");
            rule.Check(key, value);
        }
    }

    private static bool IsId(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
