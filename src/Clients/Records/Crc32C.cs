using System.Buffers.Binary;
using System.Numerics;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected, start and end inverted), the checksum of record batches.
/// </summary>
public static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Append(Begin, data));

    /// <summary>The state before the first byte, for computing over pieces.</summary>
    public const uint Begin = 0xFFFFFFFF;

    public static uint Append(uint state, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        foreach (var b in data)
            state = BitOperations.Crc32C(state, b);
        return state;
    }

    public static uint Finish(uint state) => ~state;
}
