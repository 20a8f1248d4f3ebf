namespace ClassicBroker.Broker.Hosting;

/// <summary>What <c>/status</c> answers: this broker's own view at one moment. Offsets are record offsets; -1 stands for "unknown" or "none".</summary>
internal sealed record BrokerStatus(
    int BrokerId, long BrokerEpoch, string ClusterId, int ControllerId, bool Ready, IReadOnlyList<BrokerLine> Brokers, IReadOnlyList<PartitionLine> Partitions,
    IReadOnlyList<LogDirectoryLine> LogDirectories, CleanerLine? Cleaner = null);

/// <summary>A live broker as the controller told us.</summary>
internal sealed record BrokerLine(int BrokerId, long BrokerEpoch, string? Rack, IReadOnlyList<string> Endpoints);

/// <summary>A replica on this broker.</summary>
internal sealed record PartitionLine(
    string Topic, int Partition, Guid TopicId, int Leader, int LeaderEpoch, bool IsLeader, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr,
    long LogStartOffset, long LogEndOffset, long HighWatermark, int ZkVersion);

/// <summary>
/// The log cleaner since the start. <c>Uncleanable</c>: "topic-partition: reason" of those that failed and are left alone; they should be none.
/// <c>MaxDirtyPercent</c> (0 to 100) is of the dirtiest log at the last look, which was <c>SinceLastLookMs</c> ago (-1: never).
/// </summary>
internal sealed record CleanerLine(
    int MaxDirtyPercent, long SinceLastLookMs, long Rounds, long BytesRead, long BytesWritten, long RecordsRead, long RecordsKept, int MaxMapPercent,
    long LongestRoundMs, IReadOnlyList<string> Uncleanable);

/// <summary>
/// One of log.dirs. While <c>LoadedLogs</c> is below <c>Logs</c> the broker is starting, and the counts of segments and the rate tell how far it is. <c>Failure</c> is
/// null while the directory is online. <c>BytesCut</c> and <c>DamagedSegments</c> are what the last start found; <c>UnusableLogs</c> are left alone and not served.
/// </summary>
internal sealed record LogDirectoryLine(
    string Path, bool Online, bool Full, double DiskWaitSeconds, string? Failure, long Logs, long LoadedLogs, long SegmentsToVerify, long VerifiedSegments,
    double VerifiedMegabytesPerSecond, long BytesCut, long DamagedSegments, IReadOnlyList<string> UnusableLogs);

/// <summary>What <c>/health/live</c> and <c>/health/ready</c> answer; 200 when <c>Ok</c>, else 503.</summary>
internal sealed record HealthAnswer(bool Ok, string Reason);
