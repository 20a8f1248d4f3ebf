using ClassicBroker.Testing.Verification;

namespace ClassicBroker.Unit.Verification;

/// <summary>
/// A model of a correct cluster that writes the history of a random run: writers of every class, retries that leave duplicates, acks=1
/// records that are lost with a leader before anyone could read them, readers that begin anew, and a final read.
/// </summary>
internal sealed class RandomHistory(int seed)
{
    private static readonly (short Acks, RetryMode Retry)[] Classes = [(-1, RetryMode.Never), (-1, RetryMode.Plain), (-1, RetryMode.Idempotent), (1, RetryMode.Plain)];

    private readonly Random _random = new(seed);
    private readonly List<HistoryEvent> _events = [];
    private readonly Dictionary<string, List<long>> _logs = new() { ["t-0"] = [], ["t-1"] = [] };
    private readonly Dictionary<string, int> _committed = new() { ["t-0"] = 0, ["t-1"] = 0 };
    private readonly Dictionary<(string Reader, string Partition), int> _positions = [];
    private long _nextValue = 100;

    public List<HistoryEvent> Make(int steps)
    {
        Add(new RunStarted(seed, 3, "random"));
        foreach (var (reader, partition) in from r in new[] { "r1", "r2" } from p in _logs.Keys select (r, p)) Assign(reader, partition);
        // Something promised in every partition, whatever chance does.
        foreach (var partition in _logs.Keys.ToList()) Write(partition, -1, RetryMode.Never, answer: 0);
        for (var i = 0; i < steps; i++) Step();
        foreach (var (partition, log) in _logs)
        {
            Commit(partition);
            Add(new FinalRead(partition, 0, log.Count, [.. Enumerable.Range(0, log.Count).Select(o => (long)o)], [.. log]));
            for (var broker = 0; broker < 3; broker++) Add(new ReplicaBytes(broker, partition, 0, log.Count, $"{string.Join(',', log).GetHashCode(StringComparison.Ordinal):x}"));
        }

        return _events;
    }

    private void Step()
    {
        var partition = $"t-{_random.Next(2)}";
        switch (_random.Next(10))
        {
            case < 5:
                var (acks, retry) = Classes[_random.Next(Classes.Length)];
                Write(partition, acks, retry, _random.Next(10));
                break;
            case < 6:
                LoseWhatIsNotCommitted(partition);
                break;
            case < 7 when _random.Next(4) == 0:
                Assign($"r{_random.Next(1, 3)}", partition);
                break;
            default:
                Poll($"r{_random.Next(1, 3)}", partition);
                break;
        }
    }

    // answer: 0-6 acknowledged, 7 refused, 8 no answer and not written, 9 no answer and written
    private void Write(string partition, short acks, RetryMode retry, int answer)
    {
        var value = _nextValue++;
        var log = _logs[partition];
        Add(new SendStarted($"w{acks}{retry}", partition, value, acks, retry));
        if (retry == RetryMode.Plain && _random.Next(3) == 0) log.Add(value); // an attempt whose answer was lost
        switch (answer)
        {
            case < 7:
                log.Add(value);
                if (acks == -1) Commit(partition);
                Add(new SendAcknowledged(value, log.Count - 1));
                break;
            case 7 when retry == RetryMode.Never:
                Add(new SendRefused(value, "NotEnoughReplicas"));
                break;
            case 9:
                log.Add(value);
                Add(new SendUnsure(value, "timed out"));
                break;
            default:
                Add(new SendUnsure(value, "timed out"));
                break;
        }
    }

    private void Commit(string partition) => _committed[partition] = _logs[partition].Count;

    private void LoseWhatIsNotCommitted(string partition) =>
        _logs[partition].RemoveRange(_committed[partition], _logs[partition].Count - _committed[partition]);

    private void Assign(string reader, string partition)
    {
        var from = _random.Next(_committed[partition] + 1);
        _positions[(reader, partition)] = from;
        Add(new ReaderAssigned(reader, partition, from));
    }

    private void Poll(string reader, string partition)
    {
        if (_random.Next(2) == 0) Commit(partition);
        var from = _positions[(reader, partition)];
        var count = _random.Next(_committed[partition] - from + 1);
        _positions[(reader, partition)] = from + count;
        Add(new ReaderPolled(
            reader, partition, _committed[partition],
            [.. Enumerable.Range(from, count).Select(o => (long)o)], [.. _logs[partition].Skip(from).Take(count)]));
    }

    private void Add(HistoryEvent happened) => _events.Add(happened with { At = _events.Count });
}
