using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// The broker's own port for orders (KIP-291 keeps it apart, so that orders never wait behind client traffic). One loop per
/// connection reads an order, has it applied, answers, and reads the next: a connection's orders are applied in the order sent.
/// Bad frames, unknown kinds and junk bodies close the connection with a logged reason.
/// Owner: the accept loop; <see cref="StopAsync"/> ends it and every connection.
/// </summary>
public sealed class ControlPlaneListener(OrderReceiver receiver, ControlPlaneOptions options, ILogger<ControlPlaneListener> log) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(options.MaxConnections);
    private readonly HashSet<Task> _connections = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>The bound address; its port is the real one when 0 was asked for.</summary>
    public IPEndPoint? LocalEndPoint { get; private set; }

    /// <summary>Binds the port; connections wait in the backlog until <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">when the address is in use or not ours.</exception>
    public void Bind(IPEndPoint address)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(address);
        _listener.Listen(128);
        LocalEndPoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    /// <summary>Begins to serve; before this no order is read.</summary>
    public void Start() => _accepting = AcceptAsync(_listener ?? throw new InvalidOperationException("Bind comes before Start."));

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        _listener?.Dispose();
        await _accepting;
        Task[] open;
        lock (_connections) open = [.. _connections];
        await Task.WhenAll(open);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
        _slots.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _slots.WaitAsync(_stopping.Token);
                var socket = await listener.AcceptAsync(_stopping.Token);
                Track(ServeAsync(socket));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                _slots.Release();
                log.LogWarning("Control plane: accepting a connection failed: {Error}", e.SocketErrorCode);
            }
        }
    }

    private void Track(Task connection)
    {
        lock (_connections)
        {
            _connections.Add(connection);
            _ = connection.ContinueWith(Forget, TaskScheduler.Default);
        }

        void Forget(Task ended)
        {
            lock (_connections) _connections.Remove(ended);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var peer = socket.RemoteEndPoint;
        try
        {
            socket.NoDelay = true;
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            while (await ControlPlaneCodec.ReadAsync(stream, options.MaxFrameBytes, _stopping.Token) is { } frame)
            {
                byte[] answer = await receiver.ReceiveAsync(frame, _stopping.Token);
                await stream.WriteAsync(answer, _stopping.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            log.LogDebug("Control plane connection from {Peer} ended: {Reason}", peer, e.Message);
        }
        catch (Exception e)
        {
            log.LogWarning(e, "Control plane connection from {Peer} closed: {Reason}", peer, e.Message);
        }
        finally
        {
            _slots.Release();
        }
    }
}
