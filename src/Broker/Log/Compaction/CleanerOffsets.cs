using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// How far each partition of one log directory is clean: <c>cleaner-offset-checkpoint</c>, a <see cref="CheckpointFile"/>. An offset is taken
/// out before a cut goes below it: transactions that were decided may be open again then, so that log is cleaned anew from its start.
/// Safe from any thread: one lock, held over the write of the file.
/// </summary>
public sealed class CleanerOffsets(ILogFiles files, string directory)
{
    public const string FileName = "cleaner-offset-checkpoint";

    private readonly Lock _gate = new();
    private readonly CheckpointFile _file = new(files, Path.Combine(directory, FileName));
    private Dictionary<TopicPartition, long> _offsets = [];

    /// <summary>Reads the file. FormatException when it makes no sense; then nothing counts as clean.</summary>
    public void Load()
    {
        var read = _file.Read();
        lock (_gate)
            _offsets = new Dictionary<TopicPartition, long>(read);
    }

    /// <summary>Below this offset the log is clean; null when it was never cleaned.</summary>
    public long? Find(TopicPartition id)
    {
        lock (_gate)
            return _offsets.TryGetValue(id, out var offset) ? offset : null;
    }

    /// <summary>Notes that a log is clean below <paramref name="offset"/>; written by <see cref="Save"/>.</summary>
    internal void Set(TopicPartition id, long offset)
    {
        lock (_gate)
            _offsets[id] = offset;
    }

    /// <summary>To be called before records at or above <paramref name="offset"/> are cut away; returns when a crash cannot undo it.</summary>
    internal void BeforeCut(TopicPartition id, long offset)
    {
        lock (_gate)
        {
            if (_offsets.TryGetValue(id, out var clean) && clean > offset)
                Forget(id);
        }
    }

    /// <summary>The partition is gone from this directory.</summary>
    internal void Forget(TopicPartition id)
    {
        lock (_gate)
        {
            if (_offsets.Remove(id))
                _file.Write(_offsets);
        }
    }

    internal void Save()
    {
        lock (_gate)
            _file.Write(_offsets);
    }
}
