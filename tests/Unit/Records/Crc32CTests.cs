using System.Text;
using ClassicBroker.Clients.Records;
using CsCheck;

namespace ClassicBroker.Unit.Records;

/// <summary>The checksum in three lanes, against published vectors and against the definition, bit by bit.</summary>
public class Crc32CTests
{
    // across several long lanes, several short ones, words and single bytes
    private const int Longest = 3 * 2048 * 2 + 3 * 256 * 2 + 8 * 3 + 7;

    private static readonly byte[] Bytes = Random();

    [Theory]
    [InlineData("", 0u)]
    [InlineData("a", 0xC1D04330u)]
    [InlineData("123456789", 0xE3069283u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x22620404u)]
    public void Published_text_vectors(string text, uint expected) => Assert.Equal(expected, Crc32C.Compute(Encoding.ASCII.GetBytes(text)));

    // RFC 3720, appendix B.4
    [Fact]
    public void Published_vectors_of_32_bytes()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))]));
    }

    [Fact]
    public void Every_length_gives_what_the_definition_gives()
    {
        var state = Crc32C.Begin;
        for (var length = 0; length <= Longest; length++)
        {
            var got = Crc32C.Compute(Bytes.AsSpan(0, length));
            if (got != ~state)
                Assert.Fail($"{length} bytes: {got:X8}, by definition {~state:X8}");
            if (length < Longest)
                state = Simple(state, Bytes[length]);
        }
    }

    [Fact]
    public void Where_the_bytes_begin_in_memory_does_not_matter()
    {
        for (var start = 0; start < 16; start++)
        {
            var moved = new byte[Longest + start];
            Bytes.CopyTo(moved.AsSpan(start));
            Assert.Equal(Crc32C.Compute(Bytes), Crc32C.Compute(moved.AsSpan(start)));
        }
    }

    [Fact]
    public void Pieces_give_what_the_whole_gives() =>
        Gen.Int[0, Longest].Array[0, 12].Sample(cuts =>
        {
            Array.Sort(cuts);
            var state = Crc32C.Begin;
            var from = 0;
            foreach (var cut in cuts.Append(Longest))
            {
                state = Crc32C.Append(state, Bytes.AsSpan(from..cut));
                from = cut;
            }
            return Crc32C.Finish(state) == Crc32C.Compute(Bytes);
        }, iter: 500);

    [Fact]
    public void Each_single_bit_changes_it()
    {
        var bytes = Bytes.AsSpan(0, 3 * 2048 + 3 * 256 + 11).ToArray();
        var whole = Crc32C.Compute(bytes);
        for (var bit = 0; bit < bytes.Length * 8; bit += 7)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(whole, Crc32C.Compute(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static uint Simple(uint state, byte next)
    {
        state ^= next;
        for (var bit = 0; bit < 8; bit++)
            state = (state >> 1) ^ (0x82F63B78u & (uint)-(int)(state & 1));
        return state;
    }

    private static byte[] Random()
    {
        var bytes = new byte[Longest];
        new Random(7).NextBytes(bytes);
        return bytes;
    }
}
