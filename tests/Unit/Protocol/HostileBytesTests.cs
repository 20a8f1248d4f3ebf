using ClassicBroker.Clients.Protocol;
using CsCheck;

namespace ClassicBroker.Unit.Protocol;

/// <summary>Whatever bytes arrive: a message or a ProtocolException, and memory in proportion to the frame.</summary>
public class HostileBytesTests
{
    /// <summary>
    /// The worst honest ratio is about 35: a struct of an empty name, an empty list and no tags is three bytes on the wire, and in memory
    /// an object, a list and a slot in its parent's list, that list having doubled on the way.
    /// </summary>
    private const int AllocatedPerByte = 80;

    /// <summary>An exception with its stack trace and texts, and the default values of a message.</summary>
    private const int AllocatedAnyway = 64 * 1024;

    private static readonly GoldenVector[] Vectors = [.. GoldenVector.Bodies];

    private static readonly Gen<GoldenVector> AnyVector = Gen.Int[0, Vectors.Length - 1].Select(i => Vectors[i]);

    [Fact]
    public void Changed_bytes_are_read_or_refused() =>
        Gen.Select(AnyVector, Gen.Select(Gen.Int[0, 1 << 20], Hostile).Array[1, 4]).Sample((vector, changes) =>
        {
            byte[] bytes = [.. vector.Bytes];
            if (bytes.Length == 0) return;
            foreach ((int position, byte value) in changes) bytes[position % bytes.Length] = value;
            ReadOrRefuse(vector, bytes);
        }, iter: 20_000);

    [Fact]
    public void Cut_bytes_are_read_or_refused() =>
        Gen.Select(AnyVector, Gen.Int[0, 1 << 20]).Sample((vector, length) =>
            ReadOrRefuse(vector, vector.Bytes[..(length % (vector.Bytes.Length + 1))]), iter: 10_000);

    [Fact]
    public void Any_bytes_at_all_are_read_or_refused() =>
        Gen.Select(AnyVector, Hostile.Array[0, 300]).Sample((vector, bytes) => ReadOrRefuse(vector, bytes), iter: 20_000);

    [Fact]
    public void Lengths_and_counts_beyond_the_frame_are_refused_before_anything_is_allocated_for_them()
    {
        foreach (GoldenVector vector in Vectors)
        {
            for (int position = 0; position + 5 <= Math.Min(vector.Bytes.Length, 200); position++)
            {
                byte[] bytes = [.. vector.Bytes];
                byte[] huge = vector.Flexible ? [0xFF, 0xFF, 0xFF, 0xFF, 0x07] : [0x7F, 0xFF, 0xFF, 0xFF];
                huge.CopyTo(bytes, position);
                ReadOrRefuse(vector, bytes);
            }
        }
    }

    [Fact]
    public void A_refusal_names_the_kind_of_field_and_the_value()
    {
        byte[] count = [0x7F, 0xFF, 0xFF, 0xFF];
        var refused = Assert.Throws<ProtocolException>(() => MessageProbe.Of("MetadataRequest").Read(count, 1, flexible: false));
        Assert.Contains("array count of 2147483647", refused.Message);
    }

    [Fact]
    public void Request_headers_of_any_bytes_are_read_or_refused() =>
        Hostile.Array[0, 60].Sample(bytes => { RequestHeader.TryRead(bytes, out _); }, iter: 20_000);

    /// <summary>Bytes that lengths are made of are more telling than others.</summary>
    private static Gen<byte> Hostile => Gen.OneOf(Gen.Byte, Gen.OneOfConst<byte>(0, 1, 2, 0x7F, 0x80, 0xFF, 0xFE, 0x0F, 0x07));

    private static void ReadOrRefuse(GoldenVector vector, byte[] bytes)
    {
        MessageProbe probe = MessageProbe.Of(vector.Message);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            probe.Read(bytes, vector.Version, vector.Flexible);
        }
        catch (ProtocolException)
        {
            // the other allowed outcome
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= AllocatedAnyway + ((long)AllocatedPerByte * bytes.Length),
            $"{allocated} bytes allocated for {bytes.Length} bytes of {vector.Message} v{vector.Version}: {Convert.ToHexString(bytes)}");
    }
}
