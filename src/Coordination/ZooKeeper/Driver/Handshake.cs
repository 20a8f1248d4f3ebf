using System.Buffers.Binary;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>What a client says first: which session it wants to go on with (0: a new one) and the newest zxid it has seen.</summary>
internal readonly record struct HandshakeRequest(long LastZxid, TimeSpan SessionTimeout, long SessionId, ReadOnlyMemory<byte> Password);

/// <summary>What the server says: the session with its negotiated timeout, or that it is gone.</summary>
internal readonly record struct HandshakeAnswer(long SessionId, TimeSpan SessionTimeout, byte[] Password)
{
    /// <summary>The server answers a session it does not know (any more), or a wrong password, with a timeout of 0.</summary>
    public bool IsExpired => SessionTimeout <= TimeSpan.Zero;
}

/// <summary>
/// The first exchange on a connection (jute <c>ConnectRequest</c> and <c>ConnectResponse</c>). A server that is behind the zxid the
/// client has seen hangs up instead of answering: a client never reads older data than it has already read.
/// </summary>
internal static class Handshake
{
    /// <summary>protocol version, timeout, session id, password (16 bytes), read-only flag and some air for later versions.</summary>
    private const int MaxAnswerBytes = 1024;

    public static async Task<HandshakeAnswer> PerformAsync(Stream stream, HandshakeRequest request, CancellationToken ct)
    {
        await stream.WriteAsync(Encode(request), ct);

        byte[] prefix = new byte[4];
        await stream.ReadExactlyAsync(prefix, ct);
        int length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length is < 0 or > MaxAnswerBytes) throw new ZooKeeperProtocolException($"a connect answer of {length} bytes is announced: this is no ZooKeeper");

        byte[] answer = new byte[length];
        await stream.ReadExactlyAsync(answer, ct);
        return Decode(answer);
    }

    internal static byte[] Encode(HandshakeRequest request)
    {
        var jute = new JuteWriter();
        jute.Int(0); // frame length, filled in last
        jute.Int(0); // protocol version
        jute.Long(request.LastZxid);
        jute.Int((int)request.SessionTimeout.TotalMilliseconds);
        jute.Long(request.SessionId);
        jute.Buffer(request.SessionId == 0 ? new byte[16] : request.Password.Span);
        jute.Bool(false); // not content with a read-only server
        return jute.ToFrame();
    }

    internal static HandshakeAnswer Decode(ReadOnlySpan<byte> answer)
    {
        var jute = new JuteReader(answer);
        jute.ReadInt(); // protocol version
        int timeoutMs = jute.ReadInt();
        long sessionId = jute.ReadLong();
        return new HandshakeAnswer(sessionId, TimeSpan.FromMilliseconds(timeoutMs), jute.ReadBuffer());
    }
}
