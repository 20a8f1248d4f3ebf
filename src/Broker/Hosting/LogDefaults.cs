using System.Buffers.Binary;
using System.Security.Cryptography;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;

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
            SegmentJitterMs = log.SegmentJitterMs,
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
            MinCleanableDirtyRatio = options.Cleaner.MinCleanableRatio,
            MinCompactionLagMs = options.Cleaner.MinCompactionLagMs,
            MaxCompactionLagMs = options.Cleaner.MaxCompactionLagMs,
            DeleteRetentionMs = options.Cleaner.DeleteRetentionMs,
            AppendTime = log.TimestampType == "LogAppendTime",
            TimestampBeforeMaxMs = log.TimestampBeforeMaxMs,
            TimestampAfterMaxMs = log.TimestampAfterMaxMs,
            VerifyReads = log.VerifyReads,
            CompressionType = log.CompressionType,
            GzipLevel = log.GzipLevel,
            Lz4Level = log.Lz4Level,
            ZstdLevel = log.ZstdLevel,
            HotTail = new HotTailMemory(log.HotTailBytes, log.HotTailBytesPerPartition),
            MaxDecompressedBytes = log.MaxDecompressedBytes,
            ProducerIdExpirationMs = log.ProducerIdExpirationMs,
            MaxProducerIds = log.MaxProducerIds,
            MinInsyncReplicas = options.MinInsyncReplicas,
            UncleanLeaderElection = options.UncleanLeaderElection,
        };
    }

    /// <summary>The cleaner's share of the machine. Its hash key is new at each start, so that nobody can prepare keys that collide.</summary>
    public static CleanerOptions CleanerFrom(CleanerSettings settings) => new()
    {
        Enabled = settings.Enable,
        Threads = settings.Threads,
        DedupeBufferBytes = settings.DedupeBufferBytes,
        LoadFactor = settings.LoadFactor,
        IoBufferBytes = settings.IoBufferBytes,
        MaxBytesPerSecond = settings.MaxBytesPerSecond,
        Backoff = TimeSpan.FromMilliseconds(settings.BackoffMs),
        HashKey = BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16)),
    };
}
