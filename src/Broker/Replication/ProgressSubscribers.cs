namespace ClassicBroker.Broker.Replication;

/// <summary>The parked fetches of one partition. Owner: the partition's lock; watches are raised after leaving it.</summary>
internal sealed class ProgressSubscribers
{
    private readonly HashSet<ProgressWatch> _onHighWatermark = [];
    private readonly HashSet<ProgressWatch> _onLogEnd = [];
    private readonly HashSet<ProgressWatch> _onLogStart = [];

    public void Add(ProgressWatch watch, ProgressKind kind) => Of(kind).Add(watch);

    public void Remove(ProgressWatch watch, ProgressKind kind) => Of(kind).Remove(watch);

    /// <summary>Those to raise, copied; null when there are none.</summary>
    public List<ProgressWatch>? Affected(bool logEndMoved, bool highWatermarkMoved)
    {
        List<ProgressWatch>? affected = null;
        if (logEndMoved && _onLogEnd.Count > 0) affected = [.. _onLogEnd];
        if (highWatermarkMoved && _onHighWatermark.Count > 0) (affected ??= []).AddRange(_onHighWatermark);
        // both at once is a change of role: everybody looks again
        if (logEndMoved && highWatermarkMoved && _onLogStart.Count > 0) (affected ??= []).AddRange(_onLogStart);
        return affected;
    }

    /// <summary>Those that wait for a replica's log start, copied; null when there are none.</summary>
    public List<ProgressWatch>? OnLogStart() => _onLogStart.Count > 0 ? [.. _onLogStart] : null;

    private HashSet<ProgressWatch> Of(ProgressKind kind) => kind switch
    {
        ProgressKind.LogEnd => _onLogEnd,
        ProgressKind.LogStart => _onLogStart,
        _ => _onHighWatermark,
    };
}
