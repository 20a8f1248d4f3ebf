using System.Globalization;
using System.Text;

namespace ClassicBroker.Testing.Verification;

/// <summary>A value as a record carries it: its number, a colon, and filler that depends on the number alone.</summary>
internal static class ValueBytes
{
    /// <summary>What is read of a record that no run wrote.</summary>
    public const long Unreadable = -1;

    /// <summary>The bytes of a value, up to <paramref name="most"/> of them filler.</summary>
    public static byte[] Of(long value, int most)
    {
        var filler = most <= 0 ? 0 : (int)((ulong)(value * 2654435761) % (ulong)most);
        var bytes = new byte[20 + filler];
        var number = Encoding.ASCII.GetBytes(value.ToString("D19", CultureInfo.InvariantCulture) + ":");
        number.CopyTo(bytes, 0);
        for (var i = number.Length; i < bytes.Length; i++) bytes[i] = Filler(value, i);
        return bytes;
    }

    /// <summary>The value of a record, or <see cref="Unreadable"/>.</summary>
    public static long Read(ReadOnlyMemory<byte>? record)
    {
        if (record is not { Length: >= 20 } bytes || bytes.Span[19] != ':') return Unreadable;
        if (!long.TryParse(bytes.Span[..19], NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return Unreadable;
        for (var i = 20; i < bytes.Length; i++)
            if (bytes.Span[i] != Filler(value, i)) return Unreadable;
        return value;
    }

    private static byte Filler(long value, int index) => (byte)('a' + (int)((ulong)(value + index) % 26));
}
