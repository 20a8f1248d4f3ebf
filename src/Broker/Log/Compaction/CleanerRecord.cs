namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>The cleaner's memory: which logs are being cleaned, which failed, and its counts. Owner: its own lock; safe from any thread.</summary>
internal sealed class CleanerRecord(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<PartitionLog> _busy = [];
    private readonly Dictionary<PartitionLog, string> _uncleanable = [];
    private CleanerStatus _status = CleanerStatus.None;

    public CleanerStatus Status
    {
        get
        {
            lock (_gate)
                return _status with { Uncleanable = _uncleanable.ToDictionary(u => u.Key.Id, u => u.Value) };
        }
    }

    /// <summary>Neither being cleaned nor given up.</summary>
    public bool IsFree(PartitionLog log)
    {
        lock (_gate)
            return !_busy.Contains(log) && !_uncleanable.ContainsKey(log);
    }

    /// <summary>Notes a look over all logs, and forgets failures of logs that are gone.</summary>
    public void Looked(IReadOnlySet<PartitionLog> there, double maxDirtyRatio)
    {
        lock (_gate)
        {
            foreach (var gone in _uncleanable.Keys.Where(l => !there.Contains(l)).ToList())
                _uncleanable.Remove(gone);
            _status = _status with { MaxDirtyPercent = (int)(maxDirtyRatio * 100), LastLook = time.GetUtcNow() };
        }
    }

    /// <summary>False when another worker has it.</summary>
    public bool TryBegin(PartitionLog log)
    {
        lock (_gate)
            return !_uncleanable.ContainsKey(log) && _busy.Add(log);
    }

    public void Failed(PartitionLog log, string reason)
    {
        lock (_gate)
            _uncleanable[log] = reason;
    }

    /// <summary>Notes the end of a cleaning, whatever it came to.</summary>
    public void Ended(PartitionLog log, CompactionRound round, OffsetMap map, TimeSpan took)
    {
        lock (_gate)
        {
            _busy.Remove(log);
            _status = _status with
            {
                BytesRead = _status.BytesRead + round.BytesRead,
                BytesWritten = _status.BytesWritten + round.BytesWritten,
                RecordsRead = _status.RecordsRead + round.RecordsRead,
                RecordsKept = _status.RecordsKept + round.RecordsKept,
                MaxMapPercent = Math.Max(_status.MaxMapPercent, (int)(100L * map.Count / map.Capacity)),
                LongestRound = took > _status.LongestRound ? took : _status.LongestRound,
                Rounds = _status.Rounds + (round.IsDone ? 1 : 0),
            };
        }
    }
}
