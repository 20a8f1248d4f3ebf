using System.Net.Sockets;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// Whom to try next: the servers in an order shuffled once, so that many clients spread over the ensemble. The first round after a lost
/// connection is tried without waiting; between further rounds the wait doubles up to a second, with jitter. Owner: the session loop.
/// </summary>
internal sealed class ServerRing
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly ServerAddress[] _servers;
    private int _next;
    private int _failures;

    public ServerRing(IReadOnlyList<ServerAddress> servers)
    {
        _servers = [.. servers];
        Random.Shared.Shuffle(_servers);
    }

    public ServerAddress Next()
    {
        var server = _servers[_next];
        _next = (_next + 1) % _servers.Length;
        return server;
    }

    /// <summary>The connection served for a while: the next loss is news, not a repetition.</summary>
    public void Served() => _failures = 0;

    /// <summary>How long to wait before trying the next server.</summary>
    public TimeSpan Failed()
    {
        _failures++;
        if (_failures < _servers.Length) return TimeSpan.Zero;
        int round = Math.Min(_failures / _servers.Length, 6);
        double wait = Math.Min(FirstWait.TotalMilliseconds * (1 << round), LongestWait.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(wait * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    /// <summary>Time for one server to accept and to answer the handshake: a share of the session timeout, so that all can be tried within it.</summary>
    public TimeSpan PatienceWithOne(TimeSpan sessionTimeout) =>
        TimeSpan.FromMilliseconds(Math.Clamp(sessionTimeout.TotalMilliseconds / _servers.Length, 500, 10_000));

    public static async Task<NetworkStream> OpenAsync(ServerAddress server, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
