using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Integration.Clients;

/// <summary>A listener that takes one connection and does with it what a test says: a broker with a will of its own.</summary>
internal sealed class ScriptedBroker : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private TcpClient? client;

    public ScriptedBroker() => listener.Start();

    public async Task<BrokerConnection> ConnectAsync(BrokerConnectionOptions? options = null, TimeProvider? time = null)
    {
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Task<TcpClient> accepted = listener.AcceptTcpClientAsync();
        BrokerConnection connection = await BrokerConnection.ConnectAsync(
            "127.0.0.1", port, options ?? new BrokerConnectionOptions(), time ?? TimeProvider.System);
        client = await accepted;
        client.NoDelay = true;
        return connection;
    }

    /// <summary>The next request: its header and its body.</summary>
    public async Task<(RequestHeader Header, Memory<byte> Body)> ReceiveAsync()
    {
        NetworkStream stream = client!.GetStream();
        var size = new byte[4];
        await stream.ReadExactlyAsync(size);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
        await stream.ReadExactlyAsync(frame);
        Assert.True(RequestHeader.TryRead(frame, out RequestHeader header));
        return (header, frame.AsMemory(header.Length));
    }

    public async Task AnswerAsync<T>(RequestHeader to, T response) where T : IMessage
    {
        using FrameBuilder frame = MessageCodec.ResponseFrame((ApiKey)to.ApiKey, to.ApiVersion, to.CorrelationId, response);
        await SendAsync(frame.ToArray());
    }

    public async Task SendAsync(byte[] bytes) => await client!.GetStream().WriteAsync(bytes);

    /// <summary>Whether the client sent something more.</summary>
    public bool HasMore => client!.Available > 0;

    public void Close() => client!.Close();

    public ValueTask DisposeAsync()
    {
        client?.Dispose();
        listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
