using System.Buffers.Binary;

namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// What stands before every request body: api key, api version, correlation id, client id, and from header version 2 on tagged fields.
/// </summary>
/// <remarks>
/// Header version 2 goes with flexible request versions, 1 with all others; the client id keeps its int16 length in both (Kafka's
/// RequestHeader.json marks it as never flexible). A key we do not know is read as version 1, so that the caller can still say what was
/// asked.
/// </remarks>
public sealed class RequestHeader
{
    /// <summary>The number as sent; may be none of <see cref="ApiKey"/>'s.</summary>
    public short ApiKey { get; init; }
    public short ApiVersion { get; init; }
    public int CorrelationId { get; init; }
    public string? ClientId { get; init; }

    /// <summary>Bytes the header took: where the body begins.</summary>
    public int Length { get; private init; }

    /// <summary>Reads the header of a frame (without its size). False when the bytes cannot be a header: close the connection.</summary>
    public static bool TryRead(Memory<byte> frame, out RequestHeader header)
    {
        header = null!;
        if (frame.Length < 8) return false;
        short key = BinaryPrimitives.ReadInt16BigEndian(frame.Span);
        short version = BinaryPrimitives.ReadInt16BigEndian(frame.Span[2..]);
        int correlationId = BinaryPrimitives.ReadInt32BigEndian(frame.Span[4..]);
        try
        {
            string? clientId = null;
            var classic = new FieldReader(frame[8..], 1, flexible: false);
            classic.NullableString(ref clientId);
            int length = 8 + classic.Position;
            if (ApiKeyTable.IsFlexible(key, version))
            {
                var tags = new FieldReader(frame[length..], 2, flexible: true);
                tags.Tags();
                length += tags.Position;
            }
            header = new RequestHeader
            {
                ApiKey = key,
                ApiVersion = version,
                CorrelationId = correlationId,
                ClientId = clientId,
                Length = length,
            };
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    /// <summary>Writes a header in the version that belongs to the key and version it names.</summary>
    public static void Write(FrameBuilder target, ApiKey key, short version, int correlationId, string? clientId)
    {
        var writer = new FieldWriter(target, 1, flexible: false);
        short number = (short)key;
        writer.Int16(ref number);
        writer.Int16(ref version);
        writer.Int32(ref correlationId);
        writer.NullableString(ref clientId);
        if (ApiKeyTable.IsFlexible(number, version)) target.Take(1)[0] = 0;
    }
}
