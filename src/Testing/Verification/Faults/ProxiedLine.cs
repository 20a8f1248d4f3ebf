using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// A forwarder on the loopback between those who connect and one target, that can be cut, stalled and slowed while connections are open.
/// What it does may be limited to the connections of one broker, known by the client id of its first request (<c>broker-1-fetcher-…</c>).
/// Safe for concurrent use: the lock owns state and gate, each connection its two pumps.
/// </summary>
internal sealed class ProxiedLine : IAsyncDisposable
{
    private const int ChunkBytes = 64 * 1024;
    private const int ChunksOnTheWay = 256;

    private readonly Lock _gate = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _open = [];
    private readonly CancellationTokenSource _lifetime = new();
    private readonly int _target;
    private readonly TimeProvider _time;
    private readonly Task _accepting;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LineState _state;
    private int? _onlyFrom;
    private TimeSpan _delay;

    /// <param name="address">Where it listens; the target is always on the loopback.</param>
    public ProxiedLine(IPAddress address, int port, int target, TimeProvider time)
    {
        (_target, _time) = (target, time);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Changes what the line does, at once and for open connections too.</summary>
    /// <param name="onlyFrom">Only for the connections of this broker; null: for all.</param>
    /// <param name="delay">How much later answers come, for <see cref="LineState.AnswersSlow"/>.</param>
    public void Set(LineState state, int? onlyFrom = null, TimeSpan delay = default)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            (_state, _onlyFrom, _delay) = (state, onlyFrom, delay);
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
        if (state != LineState.Broken) return;
        foreach (var connection in _open.Keys)
            if (onlyFrom is null || connection.From == onlyFrom) connection.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _lifetime.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        foreach (var connection in _open.Keys) connection.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_open.Values).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_lifetime.Token).ConfigureAwait(false);
                client.NoDelay = true;
                var connection = new ProxiedConnection(client);
                _open[connection] = ForwardAsync(connection);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the end of the line
        }
    }

    private async Task ForwardAsync(ProxiedConnection connection)
    {
        await Task.Yield();
        try
        {
            if (StateFor(connection).State == LineState.Broken) return;
            await connection.Server.ConnectAsync(IPAddress.Loopback, _target, _lifetime.Token).ConfigureAwait(false);
            await Task.WhenAny(PumpAsync(connection, requests: true), PumpAsync(connection, requests: false)).ConfigureAwait(false);
        }
        catch (Exception broken) when (IsOfTheWire(broken))
        {
            // as a broken connection should be
        }
        finally
        {
            connection.Dispose();
            _open.TryRemove(connection, out _);
        }
    }

    // Reads at once, so that a delay is a delay of each chunk and not of all behind it.
    private async Task PumpAsync(ProxiedConnection connection, bool requests)
    {
        var (source, sink) = requests ? (connection.Client, connection.Server) : (connection.Server, connection.Client);
        var chunks = Channel.CreateBounded<(byte[] Bytes, long ReadAt)>(ChunksOnTheWay);
        var writing = WriteAsync(connection, sink, chunks.Reader, requests);
        try
        {
            var buffer = new byte[ChunkBytes];
            while (await source.ReceiveAsync(buffer, _lifetime.Token).ConfigureAwait(false) is var count and > 0)
            {
                if (requests) connection.Notice(buffer.AsSpan(0, count));
                if (connection.From is { } from && StateFor(connection).State == LineState.Broken && from >= 0) break;
                await chunks.Writer.WriteAsync((buffer[..count], _time.GetTimestamp()), _lifetime.Token).ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (IsOfTheWire(broken))
        {
            // the other side hears of it when both pumps are closed
        }

        chunks.Writer.TryComplete();
        await writing.ConfigureAwait(false);
    }

    private async Task WriteAsync(ProxiedConnection connection, Socket sink, ChannelReader<(byte[] Bytes, long ReadAt)> chunks, bool requests)
    {
        try
        {
            await foreach (var (bytes, readAt) in chunks.ReadAllAsync(_lifetime.Token).ConfigureAwait(false))
            {
                await PassAsync(connection, readAt, requests).ConfigureAwait(false);
                for (var sent = 0; sent < bytes.Length;) sent += await sink.SendAsync(bytes.AsMemory(sent), _lifetime.Token).ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (IsOfTheWire(broken))
        {
            connection.Dispose();
        }
    }

    private async Task PassAsync(ProxiedConnection connection, long readAt, bool requests)
    {
        while (true)
        {
            var (state, delay, changed) = StateFor(connection);
            var stalled = state == LineState.Stalled || state == (requests ? LineState.RequestsStalled : LineState.AnswersStalled);
            if (!stalled)
            {
                var rest = state == LineState.AnswersSlow && !requests ? delay - _time.GetElapsedTime(readAt) : TimeSpan.Zero;
                if (rest > TimeSpan.Zero) await Task.Delay(rest, _time, _lifetime.Token).ConfigureAwait(false);
                return;
            }

            await changed.WaitAsync(_lifetime.Token).ConfigureAwait(false);
        }
    }

    private (LineState State, TimeSpan Delay, Task Changed) StateFor(ProxiedConnection connection)
    {
        lock (_gate)
            return (_onlyFrom is null || connection.From == _onlyFrom ? _state : LineState.Open, _delay, _changed.Task);
    }

    private static bool IsOfTheWire(Exception failure) =>
        failure is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;
}
