using System.Buffers.Binary;
using System.Numerics;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// SipHash-2-4 with a result of 128 bits: two different keys get the same hash with a chance of 2^-128, also when a stranger chooses the
/// keys, because he does not know the secret. (Kafka uses MD5, for which colliding keys can be made.)
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and its reference vectors.
/// </summary>
internal readonly struct KeyHash(UInt128 secret)
{
    private readonly ulong _k0 = (ulong)secret, _k1 = (ulong)(secret >> 64);

    public (ulong Low, ulong High) Of(ReadOnlySpan<byte> key)
    {
        var v0 = _k0 ^ 0x736f6d6570736575;
        var v1 = _k1 ^ 0x646f72616e646f6d ^ 0xee;
        var v2 = _k0 ^ 0x6c7967656e657261;
        var v3 = _k1 ^ 0x7465646279746573;
        var length = (ulong)key.Length;
        for (; key.Length >= 8; key = key[8..])
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(key), ref v0, ref v1, ref v2, ref v3);
        var last = length << 56;
        for (var i = 0; i < key.Length; i++)
            last |= (ulong)key[i] << (8 * i);
        Mix(last, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xee;
        var low = Finish(ref v0, ref v1, ref v2, ref v3);
        v1 ^= 0xdd;
        return (low, Finish(ref v0, ref v1, ref v2, ref v3));
    }

    private static void Mix(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static ulong Finish(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        for (var i = 0; i < 4; i++)
            Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
