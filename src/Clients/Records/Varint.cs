using System.Runtime.CompilerServices;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// Zig-zag variable-length integers, as records use them: seven bits per byte, lowest first, the top bit says "more follows";
/// zig-zag maps 0, -1, 1, -2 … to 0, 1, 2, 3 … so that small negative numbers stay short. At most 5 bytes for 32 bits, 10 for 64.
/// </summary>
public static class Varint
{
    public const int MaxBytes32 = 5, MaxBytes64 = 10;

    /// <summary>Reads at <paramref name="position"/> and moves it on; InvalidRecordsException when cut or too long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ReadInt32(ReadOnlySpan<byte> bytes, ref int position)
    {
        // nearly all numbers in records are of one byte or two
        var at = position;
        if ((uint)at + 1 < (uint)bytes.Length)
        {
            uint first = bytes[at];
            if (first < 0x80)
            {
                position = at + 1;
                return (int)(first >> 1) ^ -(int)(first & 1);
            }
            uint second = bytes[at + 1];
            if (second < 0x80)
            {
                position = at + 2;
                return (int)((first & 0x7F | second << 7) >> 1) ^ -(int)(first & 1);
            }
        }
        return ReadAnyInt32(bytes, ref position);
    }

    private static int ReadAnyInt32(ReadOnlySpan<byte> bytes, ref int position)
    {
        uint value = 0;
        for (var shift = 0; shift < 7 * MaxBytes32; shift += 7)
        {
            var b = Next(bytes, ref position);
            value |= (uint)(b & 0x7F) << shift;
            if (b < 0x80)
                return (int)(value >> 1) ^ -(int)(value & 1);
        }
        throw new InvalidRecordsException("A varint is longer than 5 bytes.");
    }

    /// <summary>Reads at <paramref name="position"/> and moves it on; InvalidRecordsException when cut or too long.</summary>
    public static long ReadInt64(ReadOnlySpan<byte> bytes, ref int position)
    {
        ulong value = 0;
        for (var shift = 0; shift < 7 * MaxBytes64; shift += 7)
        {
            var b = Next(bytes, ref position);
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return (long)(value >> 1) ^ -(long)(value & 1);
        }
        throw new InvalidRecordsException("A varlong is longer than 10 bytes.");
    }

    /// <summary>Writes to the start of <paramref name="destination"/>; returns the bytes used.</summary>
    public static int Write(Span<byte> destination, long value)
    {
        var rest = ZigZag(value);
        var at = 0;
        while (rest >= 0x80)
        {
            destination[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        destination[at++] = (byte)rest;
        return at;
    }

    /// <summary>Bytes that <see cref="Write"/> would use.</summary>
    public static int SizeOf(long value)
    {
        var size = 1;
        for (var rest = ZigZag(value); rest >= 0x80; rest >>= 7)
            size++;
        return size;
    }

    // a 32-bit value, widened with its sign, gives the same zig-zag number, so one writer serves both widths
    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    private static byte Next(ReadOnlySpan<byte> bytes, ref int position)
    {
        if ((uint)position >= (uint)bytes.Length)
            throw new InvalidRecordsException("A varint runs past the end of the batch.");
        return bytes[position++];
    }
}
