using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>Whom a partition follows, and under which leader epoch.</summary>
public readonly record struct FollowerAssignment(Partition Partition, LeaderEpoch LeaderEpoch, LeaderAddress Leader);

/// <summary>
/// All fetch loops of this broker: <c>num.replica.fetchers</c> for each broker that leads something we follow, made when first needed and
/// ended when the leader moves to another address.
/// </summary>
/// <remarks>Owner: its own lock; assignments come one order at a time from <see cref="RoleChanges"/>.</remarks>
public sealed class FollowerFetchers(
    ILeaderChannels channels, FollowerFetchOptions options, BrokerIdentity identity, ReplicationThrottles throttles, TimeProvider time, ILogger<FollowerFetchers> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(int BrokerId, int Index), FollowerFetchLoop> _loops = [];
    private readonly Dictionary<TopicPartition, FollowerFetchLoop> _of = [];
    private readonly List<Task> _ending = [];
    private bool _stopped;

    /// <summary>Each partition follows its leader from now on, and nobody else. All of one order together: each loop is hurried once.</summary>
    public void Assign(IReadOnlyCollection<FollowerAssignment> assignments)
    {
        lock (_gate)
        {
            if (_stopped) return;
            var touched = new HashSet<FollowerFetchLoop>();
            foreach (var (partition, leaderEpoch, leader) in assignments)
            {
                if (_of.Remove(partition.Id, out var before)) before.Unassign(partition.Id);
                var loop = LoopTo(leader, FetcherIndex.Of(partition.Id, options.Fetchers));
                _of[partition.Id] = loop;
                loop.Assign(partition, leaderEpoch);
                touched.Add(loop);
            }
            foreach (var loop in touched) loop.Hurry();
        }
    }

    public void Unassign(TopicPartition id)
    {
        lock (_gate)
        {
            if (_of.Remove(id, out var loop)) loop.Unassign(id);
        }
    }

    private FollowerFetchLoop LoopTo(LeaderAddress leader, int index)
    {
        var key = (leader.BrokerId, index);
        if (_loops.TryGetValue(key, out var loop))
        {
            // Partitions still with the loop to the old address get orders of their own: a broker that moved was restarted.
            if (loop.Leader == leader) return loop;
            _ending.RemoveAll(static task => task.IsCompleted);
            _ending.Add(loop.DisposeAsync().AsTask());
        }
        loop = new FollowerFetchLoop(leader, channels.Open(leader, index), options, () => identity.BrokerEpoch, throttles.Follower, time, logger);
        _loops[key] = loop;
        loop.Start();
        return loop;
    }

    /// <summary>Ends all loops and waits for them.</summary>
    public async Task StopAsync()
    {
        List<Task> ending;
        lock (_gate)
        {
            _stopped = true;
            ending = [.. _ending, .. _loops.Values.Select(static loop => loop.DisposeAsync().AsTask())];
            _loops.Clear();
            _of.Clear();
        }
        await Task.WhenAll(ending);
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
