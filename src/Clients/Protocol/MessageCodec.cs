using System.Buffers.Binary;

namespace ClassicBroker.Clients.Protocol;

/// <summary>Messages to bytes and back: bare bodies, and whole frames (int32 size, header, body).</summary>
public static class MessageCodec
{
    /// <summary>The body alone, contiguous.</summary>
    public static byte[] ToBytes<T>(T message, short version, bool flexible) where T : IMessage
    {
        using var builder = new FrameBuilder();
        Write(builder, message, version, flexible);
        return builder.ToArray();
    }

    /// <summary>Reads a body. Records are slices of <paramref name="bytes"/>. Bytes behind the message are ignored, as in Kafka.</summary>
    /// <exception cref="ProtocolException">The bytes are not such a message.</exception>
    public static T FromBytes<T>(Memory<byte> bytes, short version, bool flexible) where T : IMessage, new()
    {
        var message = new T();
        var reader = new FieldReader(bytes, version, flexible);
        message.Describe(ref reader, version);
        return message;
    }

    /// <summary>Reads a request body whose header named this version.</summary>
    public static TRequest ReadRequest<TRequest, TResponse>(Memory<byte> body, short version)
        where TRequest : IRequest<TResponse>, new() where TResponse : IMessage, new() =>
        FromBytes<TRequest>(body, version, version >= TRequest.FlexibleFrom);

    /// <summary>Appends a body.</summary>
    public static void Write<T>(FrameBuilder target, T message, short version, bool flexible) where T : IMessage
    {
        var writer = new FieldWriter(target, version, flexible);
        message.Describe(ref writer, version);
    }

    /// <summary>A complete request frame. The caller disposes it once it is sent.</summary>
    public static FrameBuilder RequestFrame<TRequest, TResponse>(TRequest request, short version, int correlationId, string? clientId)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        var frame = new FrameBuilder();
        try
        {
            Memory<byte> size = frame.ReserveInt32();
            RequestHeader.Write(frame, TRequest.ApiKey, version, correlationId, clientId);
            Write(frame, request, version, version >= TRequest.FlexibleFrom);
            FrameBuilder.PatchInt32(size, frame.Length - 4);
            return frame;
        }
        catch (ProtocolException)
        {
            frame.Dispose();
            throw;
        }
    }

    /// <summary>A complete response frame. The caller disposes it once it is sent.</summary>
    public static FrameBuilder ResponseFrame<TResponse>(ApiKey key, short version, int correlationId, TResponse response)
        where TResponse : IMessage
    {
        bool flexible = ApiKeyTable.IsFlexible((short)key, version);
        var frame = new FrameBuilder();
        try
        {
            Memory<byte> size = frame.ReserveInt32();
            BinaryPrimitives.WriteInt32BigEndian(frame.Take(4), correlationId);
            if (ApiKeyTable.HasFlexibleResponseHeader(key, version)) frame.Take(1)[0] = 0;
            Write(frame, response, version, flexible);
            FrameBuilder.PatchInt32(size, frame.Length - 4);
            return frame;
        }
        catch (ProtocolException)
        {
            frame.Dispose();
            throw;
        }
    }

    /// <summary>Where the body of a response frame (without its size) begins: behind correlation id and, if flexible, tags.</summary>
    /// <exception cref="ProtocolException">The frame is shorter than its header.</exception>
    public static int ResponseBodyStart(ApiKey key, short version, Memory<byte> frame)
    {
        if (frame.Length < 4) throw new ProtocolException($"response frame of {frame.Length} bytes has no correlation id");
        if (!ApiKeyTable.HasFlexibleResponseHeader(key, version)) return 4;
        var tags = new FieldReader(frame[4..], 1, flexible: true);
        tags.Tags();
        return 4 + tags.Position;
    }
}
