using System.Buffers.Binary;
using System.Net.Sockets;

namespace ClassicBroker.Integration.Cluster;

/// <summary>Bytes no client would send: the connection is closed, the broker lives and goes on serving.</summary>
[Collection(ClusterCollection.Name)]
public sealed class MalformedFrameTests(ClusterFixture cluster)
{
    public static TheoryData<string, byte[]> Frames => new()
    {
        { "a negative length", Int(-1) },
        { "a length of two gigabytes", Int(int.MaxValue) },
        { "a length above the limit", Int(104_857_601) },
        { "a length of nothing", Int(0) },
        { "a header that is cut off", [.. Int(3), 0, 18, 0] },
        { "an API nobody knows", [.. Int(10), 0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff] },
        { "a produce request that is cut off", [.. Int(12), 0, 0, 0, 7, 0, 0, 0, 1, 0xff, 0xff, 0, 5] },
        { "an HTTP request", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray() },
        { "a metadata request of two thousand million topics", [.. Int(14), 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff] },
    };

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task Closes_the_connection_and_the_broker_lives(string what, byte[] frame)
    {
        await cluster.HealAsync();
        var broker = cluster.Brokers.State.Brokers[0];
        using var limit = new CancellationTokenSource(ClusterFixture.Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(broker.Host, broker.Port, limit.Token);
        var stream = client.GetStream();

        await stream.WriteAsync(frame, limit.Token);

        Assert.True(await ClosedAsync(stream, limit.Token), $"{what}: the broker answered instead of closing");
        Assert.True(broker.Process!.IsAlive, what);
        Assert.Equal(3, (await cluster.Admin.DescribeClusterAsync(limit.Token)).Brokers.Count);
    }

    private static async Task<bool> ClosedAsync(NetworkStream stream, CancellationToken cancel)
    {
        try
        {
            return await stream.ReadAsync(new byte[1], cancel) == 0;
        }
        catch (IOException)
        {
            return true; // reset: closed with our bytes unread
        }
    }

    private static byte[] Int(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
