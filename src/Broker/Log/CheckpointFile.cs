using System.Globalization;
using System.Text;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// A text file of one offset per partition; each log directory has three.
/// <code>
/// "0" (version), line count, then lines "topic partition offset"
/// </code>
/// Written beside, flushed and renamed, so a reader after a crash finds the old or the new whole. Safe from any thread.
/// Source: storage/…/checkpoint/OffsetCheckpointFile.java.
/// </summary>
public sealed class CheckpointFile(ILogFiles files, string path)
{
    /// <summary>Offsets below are flushed: recovery begins there.</summary>
    public const string RecoveryPoint = "recovery-point-offset-checkpoint";

    /// <summary>Log start offsets that lie above the first segment's base offset.</summary>
    public const string LogStart = "log-start-offset-checkpoint";

    /// <summary>High watermarks.</summary>
    public const string HighWatermark = "replication-offset-checkpoint";

    private readonly Lock _gate = new();

    public string Path { get; } = path;

    /// <summary>The offsets; none when there is no file. FormatException tells the line that makes no sense.</summary>
    public IReadOnlyDictionary<TopicPartition, long> Read()
    {
        var offsets = new Dictionary<TopicPartition, long>();
        if (!files.FileExists(Path))
            return offsets;
        var bytes = files.ReadAllBytes(Path);
        // Kafka creates its checkpoints empty and writes them later
        if (bytes.Length == 0)
            return offsets;
        var lines = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines is not ["0", var count, ..] || !int.TryParse(count, CultureInfo.InvariantCulture, out var expected) || expected != lines.Length - 2)
            throw new FormatException($"{Path} is no checkpoint file of version 0, or is cut.");
        foreach (var line in lines[2..])
        {
            if (line.Split(' ') is not [var topic, var p, var o] || !int.TryParse(p, CultureInfo.InvariantCulture, out var partition)
                || !long.TryParse(o, CultureInfo.InvariantCulture, out var offset))
                throw new FormatException($"{Path} holds the line \"{line}\".");
            offsets[new TopicPartition(topic, partition)] = offset;
        }
        return offsets;
    }

    /// <summary>Removes the file: nothing is known then, which is always true.</summary>
    public void Delete()
    {
        lock (_gate)
            files.DeleteFile(Path);
    }

    public void Write(IReadOnlyCollection<KeyValuePair<TopicPartition, long>> offsets)
    {
        var text = new StringBuilder("0\n").Append(CultureInfo.InvariantCulture, $"{offsets.Count}\n");
        foreach (var (id, offset) in offsets)
            text.Append(CultureInfo.InvariantCulture, $"{id.Topic} {id.Partition} {offset}\n");
        lock (_gate)
            files.ReplaceFile(Path, Encoding.UTF8.GetBytes(text.ToString()));
    }
}
