using ClassicBroker.Broker.Configuration;
using System.Collections.Concurrent;
using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Broker.Groups;

/// <summary>
/// One partition of <c>__consumer_offsets</c> that this broker leads, with the groups that live in it. Owner: <see cref="GroupCoordinator"/>; the map of
/// groups may be used from any thread.
/// </summary>
internal sealed class OffsetsPartition(int index, Partition replica, GroupOptions options, TimeProvider time, Func<Guid> newId) : IDisposable
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _left = new();
    private volatile bool _loaded;

    public int Index { get; } = index;

    public Partition Replica { get; } = replica;

    public IGroupLog Log { get; } = new OffsetsPartitionLog(replica, options, time);

    public ICollection<Group> Groups => _groups.Values;

    /// <summary>Everything below the log end of the take-over is read and committed; before, clients are told to ask again.</summary>
    public bool IsLoaded => _loaded;

    /// <summary>Cancelled when another broker coordinates these groups.</summary>
    public CancellationToken Left => _left.Token;

    public Group? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    public Group GetOrCreate(string groupId)
    {
        while (true)
        {
            var group = _groups.GetOrAdd(groupId, id => new Group(id, options, Log, time, newId));
            if (group.Phase != GroupPhase.Dead || Left.IsCancellationRequested) return group;
            Forget(group);
        }
    }

    public void Forget(Group group) => _groups.TryRemove(KeyValuePair.Create(group.Id, group));

    public void FinishLoading() => _loaded = true;

    public void Dispose()
    {
        _left.Cancel();
        foreach (var group in _groups.Values) group.Dispose();
    }
}
