using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Network;

/// <summary>
/// One of the broker's <c>listeners</c>: binds early (so that the real port can be registered), serves when told to.
/// Connections that come between wait in the backlog. Owner: the accept loop; connections end themselves.
/// </summary>
public sealed class SocketListener(
    ListenerEndpoint endpoint, RequestDispatcher dispatcher, LimitOptions limits, TimeProvider time, ILogger<SocketListener> log) : IAsyncDisposable
{
    /// <summary>How precisely deadlines are kept; a second is fine beside deadlines of a minute.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    /// <summary>Pause after a failed accept (too many open files): trying at once would only spin.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly ConnectionQuota _quota = new(limits);
    private readonly LogThrottle _throttle = new(time);
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _socket;
    private ITimer? _sweep;
    private Task _accepting = Task.CompletedTask;

    public string Name => endpoint.Name;

    public string SecurityProtocol => endpoint.SecurityProtocol;

    /// <summary>The bound address with the real port; null before <see cref="BindAsync"/>.</summary>
    public IPEndPoint? LocalEndPoint { get; private set; }

    internal int ConnectionCount => _connections.Count;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">The address is in use or not this machine's.</exception>
    public async Task BindAsync(CancellationToken ct)
    {
        var address = await ResolveAsync(endpoint.Host, ct);
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any))
        {
            _socket.DualMode = true;
        }

        _socket.Bind(new IPEndPoint(address, endpoint.Port));
        _socket.Listen(limits.Backlog);
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        NetworkLog.Bound(log, Name, LocalEndPoint);
    }

    /// <summary>Begins to accept and serve.</summary>
    public void Start()
    {
        _accepting = AcceptAsync(_socket ?? throw new InvalidOperationException("BindAsync comes first"));
        _sweep = time.CreateTimer(_ => Sweep(), null, SweepInterval, SweepInterval);
    }

    /// <summary>Takes no more connections and requests, lets started requests finish within <paramref name="patience"/>, then closes all.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _stopping.CancelAsync();
        _socket?.Dispose();
        await _accepting;
        foreach (var connection in _connections.Keys)
        {
            connection.StopReading();
        }

        var all = Task.WhenAll(_connections.Values);
        try
        {
            await all.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            foreach (var connection in _connections.Keys)
            {
                connection.Abort(null);
            }
        }

        if (_sweep is { } sweep)
        {
            await sweep.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        _stopping.Dispose();
    }

    internal static async Task<IPAddress> ResolveAsync(string host, CancellationToken ct)
    {
        if (host.Length == 0)
        {
            return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        var found = await Dns.GetHostAddressesAsync(host, ct);
        return found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                Take(await listener.AcceptAsync(_stopping.Token));
            }
            catch (SocketException e) when (!_stopping.IsCancellationRequested)
            {
                NetworkLog.AcceptFailed(log, Name, e.Message);
                await Task.Delay(AcceptPause, time);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Take(Socket socket)
    {
        if (socket.RemoteEndPoint is not IPEndPoint remote)
        {
            socket.Dispose();
            return;
        }

        if (_quota.Enter(remote.Address) is { } refusal)
        {
            socket.Dispose();
            if (_throttle.MayLog(out var suppressed))
            {
                NetworkLog.Refused(log, remote, Name, refusal, suppressed);
            }

            return;
        }

        Prepare(socket);
        var connection = new Connection(socket, Name, SecurityProtocol, dispatcher, limits, time, log, _throttle);

        // The entry is made before the connection runs, so that its end always finds it.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = ServeAsync(connection, remote.Address, started.Task);
        started.SetResult();
    }

    private void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        if (limits.SendBufferBytes > 0)
        {
            socket.SendBufferSize = limits.SendBufferBytes;
        }

        if (limits.ReceiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = limits.ReceiveBufferBytes;
        }
    }

    private async Task ServeAsync(Connection connection, IPAddress address, Task started)
    {
        await started;
        await connection.RunAsync();
        _connections.TryRemove(connection, out _);
        _quota.Leave(address);
        connection.Dispose();
    }

    private void Sweep()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.CheckDeadlines();
        }
    }
}
