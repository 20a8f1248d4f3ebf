using System.Buffers.Binary;

namespace ClassicBroker.Clients.Producer;

/// <summary>
/// The hash that decides the partition of a key, the same in every Kafka client that wants its records beside those of the Java client:
/// MurmurHash2, 32 bits, seed 0x9747b28c, little-endian words (Austin Appleby's public-domain algorithm; Utils.murmur2 in Kafka).
/// </summary>
public static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Rotation = 24;

    public static int Hash(ReadOnlySpan<byte> data)
    {
        unchecked
        {
            uint hash = Seed ^ (uint)data.Length;
            while (data.Length >= 4)
            {
                uint word = BinaryPrimitives.ReadUInt32LittleEndian(data) * Multiplier;
                word = (word ^ (word >> Rotation)) * Multiplier;
                hash = (hash * Multiplier) ^ word;
                data = data[4..];
            }
            if (data.Length >= 3) hash ^= (uint)data[2] << 16;
            if (data.Length >= 2) hash ^= (uint)data[1] << 8;
            if (data.Length >= 1) hash = (hash ^ data[0]) * Multiplier;
            hash = (hash ^ (hash >> 13)) * Multiplier;
            return (int)(hash ^ (hash >> 15));
        }
    }

    /// <summary>The partition of a key, 0 to <paramref name="partitions"/> - 1.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (Hash(key) & int.MaxValue) % partitions;
}
