namespace ClassicBroker.Broker.Replication;

/// <summary>The parked fetches of one partition. Owner: the partition's lock; watches are raised after leaving it.</summary>
internal sealed class ProgressSubscribers
{
    private readonly HashSet<ProgressWatch> _onHighWatermark = [];
    private readonly HashSet<ProgressWatch> _onLogEnd = [];

    public void Add(ProgressWatch watch, ProgressKind kind) => Of(kind).Add(watch);

    public void Remove(ProgressWatch watch, ProgressKind kind) => Of(kind).Remove(watch);

    /// <summary>Those to raise, copied; null when there are none.</summary>
    public List<ProgressWatch>? Affected(bool logEndMoved, bool highWatermarkMoved)
    {
        List<ProgressWatch>? affected = null;
        if (logEndMoved && _onLogEnd.Count > 0) affected = [.. _onLogEnd];
        if (highWatermarkMoved && _onHighWatermark.Count > 0) (affected ??= []).AddRange(_onHighWatermark);
        return affected;
    }

    private HashSet<ProgressWatch> Of(ProgressKind kind) => kind == ProgressKind.LogEnd ? _onLogEnd : _onHighWatermark;
}
