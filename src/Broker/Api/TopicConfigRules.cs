using System.Globalization;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>The configurations a topic may have and what each may be set to (Kafka: TopicConfig, LogConfig). Pure.</summary>
public static class TopicConfigRules
{
    private static readonly Dictionary<string, Func<string, bool>> Rules = new(StringComparer.Ordinal)
    {
        ["cleanup.policy"] = value => value.Length > 0 && value.Split(',').All(part => part.Trim() is "delete" or "compact"),
        ["compression.type"] = OneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
        ["compression.gzip.level"] = value => Whole(value, out long level) && level is -1 or (>= 1 and <= 9),
        ["compression.lz4.level"] = Between(1, 17),
        ["compression.zstd.level"] = Between(-131_072, 22),
        ["delete.retention.ms"] = AtLeast(0),
        ["file.delete.delay.ms"] = AtLeast(0),
        ["flush.messages"] = AtLeast(1),
        ["flush.ms"] = AtLeast(0),
        ["follower.replication.throttled.replicas"] = Anything,
        ["index.interval.bytes"] = Between(0, int.MaxValue),
        ["leader.replication.throttled.replicas"] = Anything,
        ["local.retention.bytes"] = AtLeast(-2),
        ["local.retention.ms"] = AtLeast(-2),
        ["max.compaction.lag.ms"] = AtLeast(1),
        ["max.message.bytes"] = Between(0, int.MaxValue),
        ["message.downconversion.enable"] = Bool,
        ["message.format.version"] = Anything,
        ["message.timestamp.after.max.ms"] = AtLeast(0),
        ["message.timestamp.before.max.ms"] = AtLeast(0),
        ["message.timestamp.difference.max.ms"] = AtLeast(0),
        ["message.timestamp.type"] = OneOf("CreateTime", "LogAppendTime"),
        ["min.cleanable.dirty.ratio"] = value =>
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1,
        ["min.compaction.lag.ms"] = AtLeast(0),
        ["min.insync.replicas"] = Between(1, int.MaxValue),
        ["preallocate"] = Bool,
        ["remote.log.copy.disable"] = Bool,
        ["remote.log.delete.on.disable"] = Bool,
        ["remote.storage.enable"] = Bool,
        ["retention.bytes"] = AtLeast(-1),
        ["retention.ms"] = AtLeast(-1),
        ["segment.bytes"] = Between(14, int.MaxValue),
        ["segment.index.bytes"] = Between(4, int.MaxValue),
        ["segment.jitter.ms"] = AtLeast(0),
        ["segment.ms"] = AtLeast(1),
        ["unclean.leader.election.enable"] = Bool,
    };

    /// <exception cref="RequestRefusedException">INVALID_CONFIG, naming the key and what it was set to.</exception>
    public static void Check(IReadOnlyDictionary<string, string> config)
    {
        foreach (var (key, value) in config)
        {
            if (!Rules.TryGetValue(key, out var accepts))
                throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Unknown topic config name: {key}");
            if (!accepts(value.Trim()))
                throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Invalid value {value} for configuration {key}");
        }
    }

    private static bool Anything(string value) => true;

    private static bool Bool(string value) => bool.TryParse(value, out _);

    private static bool Whole(string value, out long number) => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private static Func<string, bool> AtLeast(long least) => value => Whole(value, out long number) && number >= least;

    private static Func<string, bool> Between(long least, long most) => value => Whole(value, out long number) && number >= least && number <= most;

    private static Func<string, bool> OneOf(params string[] words) => words.Contains;
}
