using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected, start and end inverted), the checksum of record batches.
/// <para>
/// The processor's CRC instruction (SSE 4.2 on x64, the CRC extension on Arm64, a table elsewhere; <see cref="BitOperations"/> picks)
/// takes eight bytes per cycle but answers only after three, so a single stream leaves it idle for two cycles of three. A stretch is
/// therefore cut into three lanes that are computed side by side. The lanes are joined by moving a lane's state over the bytes of the
/// lanes behind it (<see cref="LaneShift"/>): a CRC is linear, state(AB) = shift(state(A), |B|) xor state(0, B).
/// </para>
/// </summary>
public static class Crc32C
{
    // Long lanes make joining rare; short ones serve batches of about a kilobyte.
    private const int LongLane = 2048, ShortLane = 256;

    private static readonly LaneShift OverLongLane = new(LongLane), OverShortLane = new(ShortLane);

    public static uint Compute(ReadOnlySpan<byte> data) => Finish(Append(Begin, data));

    /// <summary>The state before the first byte, for computing over pieces.</summary>
    public const uint Begin = 0xFFFFFFFF;

    /// <summary>The state after <paramref name="data"/>; pieces of any length, one after the other, give the state of the whole.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 3 * LongLane; data = data[(3 * LongLane)..])
            state = ThreeLanes(state, data, LongLane, OverLongLane);
        for (; data.Length >= 3 * ShortLane; data = data[(3 * ShortLane)..])
            state = ThreeLanes(state, data, ShortLane, OverShortLane);
        for (; data.Length >= 8; data = data[8..])
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (var b in data)
            state = BitOperations.Crc32C(state, b);
        return state;
    }

    public static uint Finish(uint state) => ~state;

    // The caller has checked that data holds three lanes; a lane is a multiple of eight bytes.
    private static uint ThreeLanes(uint first, ReadOnlySpan<byte> data, int lane, LaneShift overLane)
    {
        uint second = 0, third = 0;
        ref var at = ref MemoryMarshal.GetReference(data);
        for (nint i = 0; i < lane; i += 8)
        {
            first = BitOperations.Crc32C(first, Word(ref at, i));
            second = BitOperations.Crc32C(second, Word(ref at, i + lane));
            third = BitOperations.Crc32C(third, Word(ref at, i + 2 * lane));
        }
        return overLane.Apply(overLane.Apply(first) ^ second) ^ third;
    }

    private static ulong Word(ref byte start, nint at)
    {
        var word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    /// <summary>
    /// Moves a state over a fixed number of zero bytes. Moving is linear in the state's bits, so it is four look-ups, one per byte
    /// of the state, in tables filled by moving each single bit once.
    /// </summary>
    private sealed class LaneShift
    {
        private readonly uint[] _tables = new uint[4 * 256];

        public LaneShift(int bytes)
        {
            for (var bit = 0; bit < 32; bit++)
            {
                var moved = 1u << bit;
                for (var i = 0; i < bytes; i += 8)
                    moved = BitOperations.Crc32C(moved, 0UL);
                var table = _tables.AsSpan(bit / 8 * 256, 256);
                for (var value = 0; value < 256; value++)
                {
                    if ((value & (1 << (bit % 8))) != 0)
                        table[value] ^= moved;
                }
            }
        }

        public uint Apply(uint state) =>
            _tables[(byte)state] ^ _tables[256 + (byte)(state >> 8)] ^ _tables[512 + (byte)(state >> 16)] ^ _tables[768 + (state >> 24)];
    }
}
