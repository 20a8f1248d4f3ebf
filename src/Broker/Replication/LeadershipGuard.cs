using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// A leader that lost ZooKeeper stops leading (decision 6). Kafka lets a cut-off leader go on acknowledging acks=1 writes which the next leader throws
/// away; this guard is asked before every append and again before an answer leaves, and says no when
/// <list type="number">
/// <item>the session is expired, until this broker has registered again <b>and</b> was told its roles under the new broker epoch;</item>
/// <item>ZooKeeper was last heard of longer ago than the session timeout, on this machine's monotonic clock: the session may be gone, and a new
/// leader elected. Because time is read when the question is asked, a process that was stopped (SIGSTOP, GC, a frozen VM) is fenced at the first
/// question after it goes on, before anything leaves. When the same session is heard of again, nothing was lost and the leader goes on.</item>
/// </list>
/// The ensemble counts the session's time from the arrival of what we sent, we count from its sending: ours always ends first.
/// </summary>
/// <remarks>Owner: written by the ZooKeeper client's event loop alone; read by all.</remarks>
public sealed class LeadershipGuard : ILeadershipFence, IDisposable
{
    private readonly IZooKeeper _zooKeeper;
    private readonly BrokerIdentity _identity;
    private readonly ILogger<LeadershipGuard> _logger;
    private long _session;
    private long _lostEpoch = BrokerIdentity.NotRegistered.Value;

    public LeadershipGuard(IZooKeeper zooKeeper, BrokerIdentity identity, ILogger<LeadershipGuard> logger)
    {
        _zooKeeper = zooKeeper;
        _identity = identity;
        _logger = logger;
        zooKeeper.SessionChanged += OnSessionChanged;
        Volatile.Write(ref _session, zooKeeper.SessionId);
    }

    /// <summary>May this broker answer anything as a leader now?</summary>
    public bool MayLeadNow => MayLead(_identity.BrokerEpoch);

    public bool MayLead(BrokerEpoch brokerEpoch) =>
        brokerEpoch != BrokerIdentity.NotRegistered
        && brokerEpoch == _identity.BrokerEpoch
        && brokerEpoch.Value != Volatile.Read(ref _lostEpoch)
        // The client may already have a new session whose event is still queued.
        && _zooKeeper.SessionId == Volatile.Read(ref _session)
        && _zooKeeper.SinceLastHeard <= _zooKeeper.SessionTimeout;

    private void OnSessionChanged(ZooKeeperSessionState state)
    {
        switch (state)
        {
            case ZooKeeperSessionState.Expired:
                Volatile.Write(ref _lostEpoch, _identity.BrokerEpoch.Value);
                _logger.LogWarning("the ZooKeeper session is expired: broker epoch {Epoch} leads nothing any more", _identity.BrokerEpoch);
                break;
            case ZooKeeperSessionState.Connected:
                Volatile.Write(ref _session, _zooKeeper.SessionId);
                break;
        }
    }

    public void Dispose() => _zooKeeper.SessionChanged -= OnSessionChanged;
}
