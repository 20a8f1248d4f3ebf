using System.Buffers.Binary;
using System.Net.Sockets;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Network;

/// <summary>One listener on a free loopback port with a scripted handler and a clock of its own.</summary>
internal sealed class LoopbackBroker : IAsyncDisposable
{
    private readonly SocketListener _listener;

    private LoopbackBroker(LimitOptions limits, ILogger<SocketListener> log)
    {
        var served = new ServedApis();
        var dispatcher = new RequestDispatcher([Handler, new ApiVersionsHandler(served)], served);
        _listener = new SocketListener(new ListenerEndpoint("PLAINTEXT", "PLAINTEXT", "127.0.0.1", 0), dispatcher, limits, Time, log);
    }

    public ScriptedHandler Handler { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public int Connections => _listener.ConnectionCount;

    public static async Task<LoopbackBroker> StartAsync(LimitOptions? limits = null, ILogger<SocketListener>? log = null)
    {
        var broker = new LoopbackBroker(limits ?? new LimitOptions(), log ?? NullLogger<SocketListener>.Instance);
        await broker._listener.BindAsync(TestContext.Current.CancellationToken);
        broker._listener.Start();
        return broker;
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        return socket;
    }

    public Task StopAsync(TimeSpan patience) => _listener.StopAsync(patience);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    /// <summary>A whole request frame; the name is the SaslHandshake mechanism.</summary>
    public static byte[] Request(string name, int correlationId = 0)
    {
        using var frame = MessageCodec.RequestFrame<SaslHandshakeRequest, SaslHandshakeResponse>(
            new SaslHandshakeRequest { Mechanism = name }, 1, correlationId, "test");
        return frame.ToArray();
    }

    /// <summary>The next answer's bytes without their size; null when the broker closed the connection.</summary>
    public static async Task<byte[]?> ReadAsync(Socket socket)
    {
        var size = new byte[4];
        if (!await FillAsync(socket, size))
        {
            return null;
        }

        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
        return await FillAsync(socket, body) ? body : null;
    }

    /// <summary>The name in the next answer; null when the broker closed the connection.</summary>
    public static async Task<string?> ReadNameAsync(Socket socket) =>
        await ReadAsync(socket) is { } body ? MessageCodec.FromBytes<SaslHandshakeResponse>(body.AsMemory(4), 1, false).Mechanisms[0] : null;

    private static async Task<bool> FillAsync(Socket socket, Memory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            try
            {
                var received = await socket.ReceiveAsync(bytes, TestContext.Current.CancellationToken);
                if (received == 0)
                {
                    return false;
                }

                bytes = bytes[received..];
            }
            catch (SocketException)
            {
                return false;
            }
        }

        return true;
    }
}
