using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>One of log.dirs.</summary>
public sealed class LogDirectory
{
    internal LogDirectory(string path) => Path = path;

    public string Path { get; }
    public bool IsOffline => throw new NotSupportedException("not yet");

    /// <summary>High watermarks as last checkpointed in this directory.</summary>
    public IReadOnlyDictionary<TopicPartition, long> ReadHighWatermarks() => throw new NotSupportedException("not yet");
    public void WriteHighWatermarks(IReadOnlyCollection<KeyValuePair<TopicPartition, long>> highWatermarks) => throw new NotSupportedException("not yet");
}
