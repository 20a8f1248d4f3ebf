using System.Threading.Channels;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>
/// Keeps this broker registered. Under every session, in this order: save the session (so that the next run can end it), register,
/// publish the new broker epoch in <see cref="BrokerIdentity"/>, then tell those who wait (<see cref="Registered"/>: the controller
/// tries for its seat, partitions wait for new orders). The broker's own znode is watched: when it goes although the session lives, somebody
/// deleted it, and the broker registers again.
/// Owner: one loop; session and watch callbacks only ring its bell.
/// </summary>
public sealed class ClusterMembership(
    IZooKeeper zk, BrokerRegistry registry, SavedSession saved, BrokerIdentity identity, TimeProvider time, ILogger<ClusterMembership> log)
{
    /// <summary>Pause after a failed registration; the old ephemeral of a lost session may linger for a moment.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private BrokerRegistration? _self;
    private long _registeredSession;
    private Task _running = Task.CompletedTask;

    /// <summary>Raised with the broker epoch after each registration but the first; handlers only enqueue.</summary>
    public event Action<long>? Registered;

    /// <summary>Registers for the first time and keeps it so.</summary>
    /// <param name="self">Id, endpoints and rack; its epoch is ignored.</param>
    /// <returns>The broker epoch, which is in <see cref="BrokerIdentity.BrokerEpoch"/> too.</returns>
    /// <exception cref="BrokerIdInUseException">another live process has this id or an address of ours; the broker must not start.</exception>
    public async Task<long> StartAsync(BrokerRegistration self, CancellationToken ct = default)
    {
        _self = self;
        if (saved.Load() is var (previous, _)) registry.RememberSession(previous);
        zk.SessionChanged += OnSessionChanged;
        zk.ZNodeChanged += OnZNodeChanged;
        long epoch = await RegisterAsync(ct);
        _running = FollowAsync(_stopping.Token);
        return epoch;
    }

    /// <summary>Stops keeping; the registration itself goes when the session is closed.</summary>
    public async Task StopAsync()
    {
        zk.SessionChanged -= OnSessionChanged;
        zk.ZNodeChanged -= OnZNodeChanged;
        await _stopping.CancelAsync();
        await _running;
    }

    private void OnSessionChanged(ZooKeeperSessionState state)
    {
        if (state == ZooKeeperSessionState.Connected) _bell.Writer.TryWrite(true);
    }

    private void OnZNodeChanged(ZNodeEvent happened)
    {
        if (happened.Type == ZNodeEventType.Deleted && happened.Path == BrokerIdNode.Path(identity.BrokerId)) _bell.Writer.TryWrite(true);
    }

    private async Task<long> RegisterAsync(CancellationToken ct)
    {
        long session = zk.SessionId;
        saved.Save(session, zk.SessionPassword.Span);
        long epoch = await registry.RegisterAsync(_self!, ct);
        await zk.AddWatchAsync(BrokerIdNode.Path(identity.BrokerId), WatchMode.Persistent, ct);
        _registeredSession = session;
        identity.BrokerEpoch = epoch;
        log.LogInformation("Broker {Broker} is registered: epoch {Epoch}, session 0x{Session:x}", identity.BrokerId, epoch, session);
        return epoch;
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        try
        {
            await foreach (bool _ in _bell.Reader.ReadAllAsync(ct))
                while (!await TryRegisterAgainAsync(ct)) await Task.Delay(RetryAfter, time, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task<bool> TryRegisterAgainAsync(CancellationToken ct)
    {
        try
        {
            if (zk.State != ZooKeeperSessionState.Connected) return true;   // the bell rings again when it is
            if (zk.SessionId == _registeredSession && await IsStillThereAsync(ct)) return true;
            long epoch = await RegisterAsync(ct);
            Registered?.Invoke(epoch);
            return true;
        }
        catch (Exception e) when (e is ZooKeeperException or BrokerIdInUseException or IOException)
        {
            log.LogWarning("Registering broker {Broker} again failed, repeated: {Reason}", identity.BrokerId, e.Message);
            return false;
        }
    }

    private async Task<bool> IsStillThereAsync(CancellationToken ct)
    {
        var stat = await zk.ExistsAsync(BrokerIdNode.Path(identity.BrokerId), watch: false, ct);
        return stat is not null && stat.EphemeralOwner == zk.SessionId && stat.Czxid == identity.BrokerEpoch;
    }
}
