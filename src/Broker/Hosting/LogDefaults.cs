using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Log;

namespace ClassicBroker.Broker.Hosting;

/// <summary>The broker's settings as the log knows them: what a partition's log does unless its topic says otherwise.</summary>
internal static class LogDefaults
{
    public static LogOptions From(BrokerOptions options)
    {
        var log = options.Log;
        return new LogOptions
        {
            SegmentBytes = log.SegmentBytes,
            SegmentMs = log.SegmentMs,
            IndexIntervalBytes = log.IndexIntervalBytes,
            IndexMaxBytes = log.IndexMaxBytes,
            MaxMessageBytes = log.MaxMessageBytes,
            RetentionMs = log.RetentionMs,
            RetentionBytes = log.RetentionBytes,
            FileDeleteDelayMs = log.DeleteDelayMs,
            FlushMessages = log.FlushMessages,
            FlushMs = log.FlushMs,
            CleanupDelete = log.CleanupPolicy.Contains("delete", StringComparison.Ordinal),
            CleanupCompact = log.CleanupPolicy.Contains("compact", StringComparison.Ordinal),
            AppendTime = log.TimestampType == "LogAppendTime",
            TimestampBeforeMaxMs = log.TimestampBeforeMaxMs,
            TimestampAfterMaxMs = log.TimestampAfterMaxMs,
            CompressionType = log.CompressionType,
            MaxDecompressedBytes = log.MaxDecompressedBytes,
            ProducerIdExpirationMs = log.ProducerIdExpirationMs,
            MaxProducerIds = log.MaxProducerIds,
            MinInsyncReplicas = options.MinInsyncReplicas,
            UncleanLeaderElection = options.UncleanLeaderElection,
        };
    }
}
