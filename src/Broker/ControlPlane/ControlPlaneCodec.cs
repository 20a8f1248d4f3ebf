using System.Buffers;
using System.Buffers.Binary;
using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// Frames of the control plane: a 4 byte big-endian length of what follows, one byte <see cref="OrderKind"/>, a 4 byte
/// number that pairs an answer with its order, then the MessagePack body. Bodies have integer keys: a key the receiver does not know is skipped,
/// a missing one keeps its default, so brokers of two releases understand each other.
/// The length is checked against the limit before anything is allocated; MessagePack runs in its untrusted-data mode.
/// </summary>
internal static class ControlPlaneCodec
{
    /// <summary>Kind byte and pairing number.</summary>
    public const int HeaderBytes = 5;

    private static readonly MessagePackSerializerOptions Options =
        MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData);

    public static byte[] Frame<T>(OrderKind kind, int number, T body)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        var head = buffer.GetSpan(sizeof(int) + HeaderBytes);
        head[sizeof(int)] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(head[(sizeof(int) + 1)..], number);
        buffer.Advance(sizeof(int) + HeaderBytes);
        MessagePackSerializer.Serialize(buffer, body, Options);
        byte[] frame = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }

    /// <exception cref="MessagePackSerializationException">the body is not a <typeparamref name="T"/>.</exception>
    public static T Body<T>(ReadOnlyMemory<byte> frame) => MessagePackSerializer.Deserialize<T>(frame[HeaderBytes..], Options);

    public static OrderKind Kind(ReadOnlyMemory<byte> frame) => (OrderKind)frame.Span[0];

    public static int Number(ReadOnlyMemory<byte> frame) => BinaryPrimitives.ReadInt32BigEndian(frame.Span[1..]);

    /// <summary>The next frame without its length; null at a clean end of the stream.</summary>
    /// <exception cref="InvalidDataException">the declared length is outside what is allowed.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Stream stream, int maxBytes, CancellationToken ct)
    {
        byte[] prefix = new byte[sizeof(int)];
        int got = await stream.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, ct);
        if (got == 0) return null;
        if (got < prefix.Length) throw new EndOfStreamException("The connection ended within a frame's length.");
        int length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        if (length < HeaderBytes || length > maxBytes)
            throw new InvalidDataException($"A control plane frame of {length} bytes is outside {HeaderBytes}..{maxBytes}.");
        return await ReadBodyAsync(stream, length, ct);
    }

    // A large frame is received piece by piece: memory grows with what has arrived, never with what was only declared.
    private static async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(Stream stream, int length, CancellationToken ct)
    {
        const int piece = 64 * 1024;
        byte[] frame = new byte[Math.Min(length, piece)];
        int filled = 0;
        while (true)
        {
            await stream.ReadExactlyAsync(frame.AsMemory(filled), ct);
            filled = frame.Length;
            if (filled == length) return frame;
            Array.Resize(ref frame, (int)Math.Min(length, (long)frame.Length * 2));
        }
    }
}

/// <summary>What a control plane frame holds.</summary>
internal enum OrderKind : byte
{
    Answer = 0,
    LeaderAndIsr = 1,
    StopReplica = 2,
    UpdateMetadata = 3,
    ControlledShutdown = 4,
    HandOver = 5,
}
