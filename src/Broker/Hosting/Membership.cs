using System.Threading.Channels;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// Keeps this broker registered. A lost session takes the registration with it; when the client has a new one, the broker registers again under a
/// new broker epoch and goes on (it never exits for this). It also watches its own znode: if that is taken away while the
/// session lives, it registers again too. Each session is saved, so that the next life can close it.
/// Owner: its one loop; session and watch events only ring the bell.
/// </summary>
internal sealed class Membership(
    IZooKeeper zooKeeper, BrokerRegistry registry, ISavedSession savedSession, BrokerIdentity identity, TimeProvider time, ILogger<Membership> log) : IAsyncDisposable
{
    /// <summary>Pause after a failed registration: long enough not to flood the ensemble, short beside a session timeout.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    // One place is enough: whoever hears the bell looks at the present state, not at what happened meanwhile.
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private BrokerRegistration? _registration;
    private long _registeredSession;
    private Task _watching = Task.CompletedTask;

    private string OwnPath => BrokerIdNode.Path(identity.BrokerId);

    /// <summary>Registers for the first time and begins to watch.</summary>
    /// <exception cref="BrokerIdInUseException">Another live process has this id or one of these addresses.</exception>
    public async Task JoinAsync(BrokerRegistration registration, CancellationToken ct)
    {
        _registration = registration;
        zooKeeper.SessionChanged += OnSession;
        zooKeeper.ZNodeChanged += OnZNode;
        await RegisterAsync(registration, ct);
        _watching = WatchAsync();
    }

    /// <summary>Watches no more; the registration itself goes with the session.</summary>
    public async Task StopAsync()
    {
        zooKeeper.SessionChanged -= OnSession;
        zooKeeper.ZNodeChanged -= OnZNode;
        _stopping.Cancel();
        await _watching;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private void OnSession(ZooKeeperSessionState state)
    {
        if (state == ZooKeeperSessionState.Connected)
        {
            _bell.Writer.TryWrite(true);
        }
    }

    private void OnZNode(ZNodeEvent change)
    {
        if (change.Path == OwnPath)
        {
            _bell.Writer.TryWrite(true);
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            while (await _bell.Reader.WaitToReadAsync(_stopping.Token))
            {
                _bell.Reader.TryRead(out _);
                await LookAsync(_stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        try
        {
            var own = await zooKeeper.ExistsAsync(OwnPath, watch: true, ct);
            if (own is not null && own.EphemeralOwner == _registeredSession && zooKeeper.SessionId == _registeredSession)
            {
                return;
            }

            HostingLog.RegistrationLost(log, identity.BrokerId, zooKeeper.SessionId == _registeredSession ? "its znode was removed" : "its session expired");
            await RegisterAsync(_registration!, ct);
        }
        catch (Exception e) when (e is ZooKeeperException or BrokerIdInUseException)
        {
            HostingLog.RegistrationFailed(log, identity.BrokerId, e.Message);
            await Task.Delay(RetryPause, time, ct);
            _bell.Writer.TryWrite(true);
        }
    }

    private async Task RegisterAsync(BrokerRegistration registration, CancellationToken ct)
    {
        var session = zooKeeper.SessionId;
        savedSession.Save(session, zooKeeper.SessionPassword.Span);
        var epoch = await registry.RegisterAsync(registration, ct);
        _registeredSession = session;
        identity.BrokerEpoch = epoch;
        HostingLog.Registered(log, identity.BrokerId, epoch, string.Join(", ", registration.Endpoints.Select(e => $"{e.Listener}://{e.Host}:{e.Port}")));
        await zooKeeper.ExistsAsync(OwnPath, watch: true, ct);
    }
}
