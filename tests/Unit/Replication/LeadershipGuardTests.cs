using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Unit.Replication;

/// <summary>Decision 6: a leader that lost ZooKeeper stops leading.</summary>
public sealed class LeadershipGuardTests : IDisposable
{
    private readonly FakeSession _session = new();
    private readonly BrokerIdentity _identity = new(1) { BrokerEpoch = new BrokerEpoch(100) };
    private readonly LeadershipGuard _guard;

    public LeadershipGuardTests() => _guard = new LeadershipGuard(_session, _identity, NullLogger<LeadershipGuard>.Instance);

    public void Dispose() => _guard.Dispose();

    [Fact]
    public void A_registered_broker_with_a_live_session_may_lead() => Assert.True(_guard.MayLead(new BrokerEpoch(100)));

    [Fact]
    public void A_role_of_another_incarnation_is_void()
    {
        Assert.False(_guard.MayLead(new BrokerEpoch(99)));
        // The controller saw the registration before its answer reached us: the role counts as soon as it does.
        Assert.False(_guard.MayLead(new BrokerEpoch(101)));
        _identity.BrokerEpoch = new BrokerEpoch(101);
        Assert.True(_guard.MayLead(new BrokerEpoch(101)));
    }

    [Fact]
    public void Out_of_touch_for_longer_than_the_session_timeout_it_may_not_lead_until_heard_of_again()
    {
        _session.SinceLastHeard = _session.SessionTimeout;
        Assert.True(_guard.MayLead(new BrokerEpoch(100)));
        _session.SinceLastHeard = _session.SessionTimeout + TimeSpan.FromMilliseconds(1);
        Assert.False(_guard.MayLead(new BrokerEpoch(100)));
        _session.SinceLastHeard = TimeSpan.Zero;
        Assert.True(_guard.MayLead(new BrokerEpoch(100)));
    }

    [Fact]
    public void Suspended_alone_takes_nothing_away()
    {
        _session.Raise(ZooKeeperSessionState.Suspended);
        Assert.True(_guard.MayLead(new BrokerEpoch(100)));
    }

    [Fact]
    public void After_an_expiry_it_leads_only_under_a_new_registration()
    {
        _session.Raise(ZooKeeperSessionState.Expired);
        Assert.False(_guard.MayLead(new BrokerEpoch(100)));
        _session.SessionId++;
        _session.Raise(ZooKeeperSessionState.Connected);
        Assert.False(_guard.MayLead(new BrokerEpoch(100)));
        _identity.BrokerEpoch = new BrokerEpoch(200);
        Assert.False(_guard.MayLead(new BrokerEpoch(100)));
        Assert.True(_guard.MayLead(new BrokerEpoch(200)));
    }

    [Fact]
    public void A_new_session_whose_event_is_still_queued_does_not_count()
    {
        _session.SessionId++;
        Assert.False(_guard.MayLead(new BrokerEpoch(100)));
    }

    /// <summary>The session alone: nothing is read or written through it here.</summary>
    private sealed class FakeSession : IZooKeeper
    {
        public ZooKeeperSessionState State => ZooKeeperSessionState.Connected;

        public long SessionId { get; set; } = 1;

        public TimeSpan SessionTimeout => TimeSpan.FromSeconds(18);

        public ReadOnlyMemory<byte> SessionPassword => default;

        public TimeSpan SinceLastHeard { get; set; }

        public event Action<ZooKeeperSessionState>? SessionChanged;

        public event Action<ZNodeEvent>? ZNodeChanged { add { } remove { } }

        public void Raise(ZooKeeperSessionState state) => SessionChanged?.Invoke(state);

        public Task<CreatedZNode> CreateAsync(string path, ReadOnlyMemory<byte> data, CreateMode mode, CancellationToken ct) => throw new NotSupportedException();

        public Task<CreatedZNode> CreateWithTtlAsync(
            string path, ReadOnlyMemory<byte> data, TimeSpan timeToLive, bool sequential, CancellationToken ct) => throw new NotSupportedException();

        public Task<ZNodeStat> SetAsync(string path, ReadOnlyMemory<byte> data, int version, CancellationToken ct) => throw new NotSupportedException();

        public Task DeleteAsync(string path, int version, CancellationToken ct) => throw new NotSupportedException();

        public Task<ZNodeStat?> ExistsAsync(string path, bool watch, CancellationToken ct) => throw new NotSupportedException();

        public Task<ZNode> GetAsync(string path, bool watch, CancellationToken ct) => throw new NotSupportedException();

        public Task<ZNode?> TryGetAsync(string path, bool watch, CancellationToken ct) => throw new NotSupportedException();

        public Task<ZNodeChildren> ChildrenAsync(string path, bool watch, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<ZooKeeperOpResult>> MultiAsync(IReadOnlyList<ZooKeeperOp> ops, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<ZooKeeperReadResult>> MultiReadAsync(IReadOnlyList<ZooKeeperRead> reads, CancellationToken ct) => throw new NotSupportedException();

        public Task SyncAsync(string path, CancellationToken ct) => throw new NotSupportedException();

        public Task AddWatchAsync(string path, WatchMode mode, CancellationToken ct) => throw new NotSupportedException();

        public Task RemoveWatchAsync(string path, CancellationToken ct) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
