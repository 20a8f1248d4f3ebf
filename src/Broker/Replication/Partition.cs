using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// One replica on this broker: its log, its role, its high watermark. As leader it appends what producers send, hands it to followers and
/// consumers, and decides by <see cref="CommitRule"/> what is committed. As follower it appends what the leader sends, byte for byte, and cuts its
/// log where the histories part (<see cref="EpochTruncation"/>). The controller says which of the two it is (<see cref="RoleChanges"/>).
/// </summary>
/// <remarks>
/// Owner: <c>_gate</c>, held for microseconds: the log's append to the page cache, never another machine. Whatever must happen afterwards (producers
/// whose wait is over, parked fetches, an ISR to write) is collected under the lock as an <see cref="Aftermath"/> and run after it.
/// Model (reference: hachikuji/kafka-specification): BecomeLeader, BecomeFollowerAndTruncate, LeaderWrite, FollowerReplicate, LeaderIncHighWatermark,
/// LeaderShrinkIsr, LeaderExpandIsr are the methods of about the same names here and in <see cref="LeaderState"/>.
/// </remarks>
public sealed partial class Partition : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PartitionLog _log;
    private readonly HighWatermark _highWatermark;
    private readonly ProgressSubscribers _subscribers = new();
    private readonly ReplicationSettings _settings;
    private readonly ILeadershipFence _fence;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private LeaderState? _leader;
    private PartitionOrder? _order;
    private int _tenure;
    private bool _stopped;

    public Partition(TopicPartition id, Guid topicId, PartitionLog log, long highWatermark,
        ReplicationSettings settings, ILeadershipFence fence, TimeProvider time, ILogger logger)
    {
        Id = id;
        TopicId = topicId;
        _log = log;
        _highWatermark = new HighWatermark(Math.Clamp(highWatermark, log.LogStartOffset, log.LogEndOffset));
        log.NoteHighWatermark(_highWatermark.Value);
        _settings = settings;
        _fence = fence;
        _time = time;
        _logger = logger;
    }

    /// <summary>Raised after the lock when there is an ISR to write; <see cref="IsrUpdates"/> listens.</summary>
    public event Action<Partition>? IsrProposed;

    public TopicPartition Id { get; }

    /// <summary>Guid.Empty when the topic has none.</summary>
    public Guid TopicId { get; }

    public PartitionLog Log => _log;

    public long LogStartOffset => _log.LogStartOffset;

    public long LogEndOffset => _log.LogEndOffset;

    public bool IsLeader { get { lock (_gate) return _leader is not null; } }

    /// <summary>Leads, and may act so now (see <see cref="ILeadershipFence"/>).</summary>
    public bool LeadsNow { get { lock (_gate) return LeaderRefusal() == Clients.Protocol.ErrorCode.None; } }

    /// <summary>-1 before the first order.</summary>
    public LeaderEpoch LeaderEpoch { get { lock (_gate) return HeldEpoch; } }

    /// <summary>Broker id of the leader, or -1.</summary>
    public int LeaderId { get { lock (_gate) return _order?.Leader ?? -1; } }

    public long HighWatermark { get { lock (_gate) return _highWatermark.Value; } }

    /// <summary>How far a read_committed consumer sees: below every open transaction, and never above the high watermark.</summary>
    public long LastStableOffset { get { lock (_gate) return _log.LastStableOffset(_highWatermark.Value); } }

    /// <summary>The committed ISR on the leader; on a follower the one of the last order.</summary>
    public IReadOnlyList<int> Isr { get { lock (_gate) return _leader?.Isr.Committed ?? _order?.Isr ?? []; } }


    /// <summary>
    /// Takes the role the controller gave to the incarnation <paramref name="brokerEpoch"/> of this broker. False when the order is not newer than the role
    /// held: an equal leader epoch is a repeated order, and is taken only to confirm a leadership whose registration was lost and renewed meanwhile.
    /// </summary>
    public bool TakeRole(PartitionOrder order, BrokerEpoch brokerEpoch)
    {
        Aftermath after;
        lock (_gate)
        {
            var ordered = new LeaderEpoch(order.LeaderEpoch);
            if (ordered <= HeldEpoch)
            {
                if (ordered == HeldEpoch && order.Leader == _settings.BrokerId && _leader is not null) _leader.BrokerEpoch = brokerEpoch;
                return false;
            }
            after = order.Leader == _settings.BrokerId ? BecomeLeader(order, brokerEpoch) : BecomeFollower(order);
        }
        Run(after);
        return true;
    }

    /// <summary>Stops for good (moved away or deleted): whoever waits is refused, nothing is served from now on.</summary>
    public void Stop()
    {
        Aftermath after;
        lock (_gate)
        {
            _stopped = true;
            _leader = null;
            after = RefuseEveryone();
        }
        Run(after);
    }

    // Under the lock: the leader epoch of the last order taken.
    private LeaderEpoch HeldEpoch => _order is null ? LeaderEpoch.None : new LeaderEpoch(_order.LeaderEpoch);

    private Aftermath BecomeLeader(PartitionOrder order, BrokerEpoch brokerEpoch)
    {
        // Epoch and start offset go into the epoch cache before anything is served, or we could not answer for our own epoch (KAFKA-7415).
        _log.BeginEpoch(order.LeaderEpoch);
        // Producers that wait stay: a leader that stays leader under a higher epoch keeps its log, so their records can still be committed.
        if (_leader is null) _tenure++;
        _handOver = HandOverStage.Leading;
        _leader = new LeaderState(order, _log.LogEndOffset, brokerEpoch, _settings, _time);
        _order = order;
        return Advance(logEndMoved: true);
    }

    private Aftermath BecomeFollower(PartitionOrder order)
    {
        _handOver = HandOverStage.Leading;
        _leader = null;
        _order = order;
        return RefuseEveryone();
    }

    private Aftermath RefuseEveryone() => new(
        _highWatermark.TakeAll(), ErrorCode.NotLeaderOrFollower, _subscribers.Affected(logEndMoved: true, highWatermarkMoved: true));

    private void Run(in Aftermath after)
    {
        after.TellOthers();
        if (after.IsrProposed) IsrProposed?.Invoke(this);
        if (after.Yields) HandOverWanted?.Invoke(this);
    }

    /// <summary>
    /// Deletes segments that are older (unless not <paramref name="byTime"/>) or more than the topic wants, below the high watermark; returns how many.
    /// </summary>
    public int ApplyRetention(bool byTime = true)
    {
        lock (_gate) return _stopped || _log.IsOffline ? 0 : _log.ApplyRetention(_highWatermark.Value, byTime);
    }

    /// <summary>Forgets producer ids that were silent for <c>producer.id.expiration.ms</c>.</summary>
    public void ExpireProducers()
    {
        lock (_gate) if (!_stopped) _log.ExpireProducers();
    }

    /// <summary>A picture of this replica at one moment.</summary>
    public PartitionStatus Status()
    {
        lock (_gate)
        {
            var followers = _leader?.Followers
                .Select(f => new FollowerStatus(f.BrokerId, f.LogEndOffset, _leader.Isr.Contains(f.BrokerId), _leader.View(f).SinceCaughtUp))
                .ToArray() ?? [];
            return new PartitionStatus(Id, TopicId, _leader is not null, _order?.Leader ?? -1, _order?.LeaderEpoch ?? -1, _order?.Replicas ?? [],
                _leader?.Isr.Committed ?? _order?.Isr ?? [], _log.LogStartOffset, _log.LogEndOffset, _highWatermark.Value,
                _leader?.Isr.ZkVersion.Value ?? _order?.ZkVersion ?? -1, followers);
        }
    }

    /// <summary>Stops serving; the log is closed by the directory that owns it.</summary>
    public void Dispose() => Stop();
}
