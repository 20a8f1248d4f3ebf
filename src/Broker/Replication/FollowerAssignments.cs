using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Replication;

/// <summary>A partition followed under one leader epoch.</summary>
internal sealed class Following(Partition partition, LeaderEpoch leaderEpoch)
{
    public Partition Partition { get; } = partition;

    public LeaderEpoch LeaderEpoch { get; } = leaderEpoch;

    /// <summary>Monotonic timestamp of the failure it rests from, and for how long; null when it may be fetched.</summary>
    public (long Since, TimeSpan For)? Resting { get; set; }

    /// <summary>At its last answer our log reached the leader's high watermark.</summary>
    public bool CaughtUp { get; set; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; set; }
}

/// <summary>The partitions one <see cref="FollowerFetchLoop"/> follows. Owner: its own lock.</summary>
internal sealed class FollowerAssignments(TimeProvider time)
{
    private static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, Following> _followed = [];

    private int _turn;

    public bool IsEmpty { get { lock (_gate) return _followed.Count == 0; } }

    public void Assign(Partition partition, LeaderEpoch leaderEpoch)
    {
        lock (_gate) _followed[partition.Id] = new Following(partition, leaderEpoch);
    }

    public void Unassign(TopicPartition id)
    {
        lock (_gate) _followed.Remove(id);
    }

    /// <summary>Gives this assignment up, unless a newer one has taken its place.</summary>
    public void Drop(Following following)
    {
        lock (_gate)
            if (Is(following)) _followed.Remove(following.Partition.Id);
    }

    /// <summary>
    /// Takes it out of the next rounds: <see cref="FirstRest"/> after the first failure, twice as long after each further one, up to <paramref name="longest"/>.
    /// The commonest failure is a leader whose own order is a few milliseconds behind ours; a second's rest would be the whole of a fail-over.
    /// </summary>
    public void Rest(Following following, TimeSpan longest)
    {
        var rest = FirstRest * Math.Pow(2, Math.Min(following.Failures++, 20));
        following.Resting = (time.GetTimestamp(), rest < longest ? rest : longest);
    }

    public static void Succeeded(Following following) => following.Failures = 0;

    public bool IsCurrent(Following following)
    {
        lock (_gate) return Is(following);
    }

    /// <summary>Those that may be fetched now; when there are none, <paramref name="restFor"/> says when the first will be (null: none is assigned).</summary>
    public List<Following> Ready(out TimeSpan? restFor)
    {
        restFor = null;
        var ready = new List<Following>();
        lock (_gate)
        {
            foreach (var following in _followed.Values)
            {
                var left = Left(following);
                if (left <= TimeSpan.Zero) ready.Add(following);
                else if (restFor is null || left < restFor) restFor = left;
            }
        }
        return InTurn(ready);
    }

    /// <summary>Another partition comes first each time: the answer is filled in order up to a limit, and nobody may always be last.</summary>
    private List<Following> InTurn(List<Following> ready)
    {
        if (ready.Count < 2) return ready;
        var first = (int)((uint)_turn++ % (uint)ready.Count);
        return [.. ready[first..], .. ready[..first]];
    }

    private bool Is(Following following) => _followed.GetValueOrDefault(following.Partition.Id) == following;

    private TimeSpan Left(Following following) =>
        following.Resting is { } rest ? rest.For - time.GetElapsedTime(rest.Since) : TimeSpan.Zero;
}
