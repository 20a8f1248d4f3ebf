using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// One partition's records: a list of segments on disk. Owner of all writing members: the partition's lock, which the caller holds.
/// Reading members are safe beside one writer.
/// </summary>
public sealed class PartitionLog : IDisposable
{
    private PartitionLog() { }

    public static PartitionLog Open(string directory, TopicPartition id, LogOptions options, ILogFiles files, TimeProvider time,
        ILogger logger, bool cleanShutdown, long recoveryPoint, long logStartOffset = 0) => throw new NotSupportedException("not yet");

    public TopicPartition Id => throw new NotSupportedException("not yet");
    public string Directory => throw new NotSupportedException("not yet");
    public LogOptions Options { get => throw new NotSupportedException("not yet"); set => throw new NotSupportedException("not yet"); }
    public long LogStartOffset => throw new NotSupportedException("not yet");
    public long LogEndOffset => throw new NotSupportedException("not yet");
    public int? LatestEpoch => throw new NotSupportedException("not yet");
    public Guid? TopicId => throw new NotSupportedException("not yet");
    public long SizeBytes => throw new NotSupportedException("not yet");
    public long RecoveryPoint => throw new NotSupportedException("not yet");
    public bool IsOffline => throw new NotSupportedException("not yet");

    public void SetTopicId(Guid topicId) => throw new NotSupportedException("not yet");
    public LogAppend AppendAsLeader(Memory<byte> records, int leaderEpoch, in AppendRules rules) => throw new NotSupportedException("not yet");
    public LogAppend AppendAsFollower(Memory<byte> records) => throw new NotSupportedException("not yet");
    public LogRead Read(long offset, int maxBytes, long upToOffset, bool atLeastOneBatch) => throw new NotSupportedException("not yet");
    public void TruncateTo(long offset) => throw new NotSupportedException("not yet");
    public void RestartAt(long offset) => throw new NotSupportedException("not yet");
    public void MoveLogStart(long offset) => throw new NotSupportedException("not yet");
    public (int Epoch, long EndOffset) EndOffsetFor(int epoch) => throw new NotSupportedException("not yet");
    public void BeginEpoch(int leaderEpoch) => throw new NotSupportedException("not yet");
    public long? FirstOffsetOfEpoch(int epoch) => throw new NotSupportedException("not yet");
    public (long Offset, long Timestamp, int LeaderEpoch)? FindByTimestamp(long timestampMs, long upTo) => throw new NotSupportedException("not yet");
    public (long Offset, long Timestamp, int LeaderEpoch)? MaxTimestamp(long upTo) => throw new NotSupportedException("not yet");
    public int ApplyRetention(long upTo) => throw new NotSupportedException("not yet");
    public void Flush() => throw new NotSupportedException("not yet");
    public void Dispose() { }
}
