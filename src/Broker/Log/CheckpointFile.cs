using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>A text file of one offset per partition.</summary>
public sealed class CheckpointFile(ILogFiles files, string path)
{
    public const string RecoveryPoint = "recovery-point-offset-checkpoint";
    public const string LogStart = "log-start-offset-checkpoint";
    public const string HighWatermark = "replication-offset-checkpoint";

    public string Path { get; } = path;

    public IReadOnlyDictionary<TopicPartition, long> Read() => files is null ? throw new InvalidOperationException() : throw new NotSupportedException("not yet");

    public void Write(IReadOnlyCollection<KeyValuePair<TopicPartition, long>> offsets) => throw new NotSupportedException("not yet");
}
