namespace ClassicBroker.Testing.Verification;

/// <summary>
/// A history arranged for the rules: writes by value, what is known of each partition, the events of readers, replicas and faults in their order.
/// Built in one pass, immutable afterwards. Memory: about 300 bytes a write, plus the polls.
/// </summary>
public sealed class HistoryIndex
{
    private readonly Dictionary<long, Write> _writes = [];
    private readonly List<Write> _inOrder = [];
    private readonly SortedDictionary<string, ObservedPartition> _partitions = new(StringComparer.Ordinal);
    private readonly List<HistoryEvent> _readers = [];
    private readonly List<ReplicaBytes> _replicas = [];
    private readonly List<HistoryEvent> _faults = [];
    private readonly List<NeverHealed> _stuck = [];

    private HistoryIndex()
    {
    }

    /// <summary>Every write, by value.</summary>
    public IReadOnlyDictionary<long, Write> Writes => _writes;

    /// <summary>Every write, in the order they were sent.</summary>
    public IReadOnlyList<Write> WritesInOrder => _inOrder;

    /// <summary>Every partition something was written to or read from, by name.</summary>
    public IReadOnlyCollection<ObservedPartition> Partitions => _partitions.Values;

    /// <summary>Assignments, polls and out-of-range answers, in order.</summary>
    public IReadOnlyList<HistoryEvent> Readers => _readers;

    /// <summary>What replicas hold, in order.</summary>
    public IReadOnlyList<ReplicaBytes> Replicas => _replicas;

    /// <summary>Beginnings and ends of faults, in order.</summary>
    public IReadOnlyList<HistoryEvent> Faults => _faults;

    /// <summary>What did not heal.</summary>
    public IReadOnlyList<NeverHealed> Stuck => _stuck;

    /// <summary>How the run was started; null in a history that was cut.</summary>
    public RunStarted? Run { get; private set; }

    /// <summary>When the last event happened, microseconds.</summary>
    public long EndedAt { get; private set; }

    /// <summary>Reads a history once.</summary>
    public static HistoryIndex Of(IEnumerable<HistoryEvent> history)
    {
        var index = new HistoryIndex();
        foreach (var happened in history)
        {
            index.EndedAt = Math.Max(index.EndedAt, happened.At);
            index.Add(happened);
        }

        return index;
    }

    private ObservedPartition Partition(string name) =>
        _partitions.TryGetValue(name, out var known) ? known : _partitions[name] = new ObservedPartition(name);

    private void Add(HistoryEvent happened)
    {
        switch (happened)
        {
            case RunStarted run:
                Run = run;
                break;
            case SendStarted sent:
                _inOrder.Add(_writes[sent.Value] = new Write(sent));
                Partition(sent.Partition);
                break;
            case SendAcknowledged acknowledged:
                Acknowledge(acknowledged);
                break;
            case SendRefused refused when _writes.TryGetValue(refused.Value, out var write):
                write.Refused = refused;
                break;
            case ReaderPolled poll:
                _readers.Add(poll);
                for (var i = 0; i < poll.Offsets.Count; i++) Partition(poll.Partition).TellRead(poll.Offsets[i], poll.Values[i], poll);
                break;
            case ReaderAssigned or ReaderOutOfRange:
                _readers.Add(happened);
                break;
            case FinalRead read:
                Partition(read.Partition).Final = read;
                for (var i = 0; i < read.Offsets.Count; i++) Partition(read.Partition).TellRead(read.Offsets[i], read.Values[i], read);
                break;
            case ReplicaBytes replica:
                _replicas.Add(replica);
                break;
            case FaultStarted or FaultHealed:
                _faults.Add(happened);
                break;
            case NeverHealed stuck:
                _stuck.Add(stuck);
                break;
        }
    }

    private void Acknowledge(SendAcknowledged acknowledged)
    {
        if (!_writes.TryGetValue(acknowledged.Value, out var write)) return;
        write.Acknowledged = acknowledged;
        if (write.IsPromised && acknowledged.Offset >= 0) Partition(write.Sent.Partition).Tell(acknowledged.Offset, acknowledged.Value, acknowledged);
    }
}
