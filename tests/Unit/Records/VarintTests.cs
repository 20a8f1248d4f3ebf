using ClassicBroker.Clients.Records;
using CsCheck;

namespace ClassicBroker.Unit.Records;

public class VarintTests
{
    [Fact]
    public void Any_number_comes_back_as_it_went() =>
        Gen.Long.Sample(value =>
        {
            Span<byte> bytes = stackalloc byte[Varint.MaxBytes64];
            var written = Varint.Write(bytes, value);
            var position = 0;
            Assert.Equal(written, Varint.SizeOf(value));
            Assert.Equal(value, Varint.ReadInt64(bytes[..written], ref position));
            Assert.Equal(written, position);
        });

    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(63, "7e")]
    [InlineData(-64, "7f")]
    [InlineData(64, "8001")]
    [InlineData(int.MaxValue, "feffffff0f")]
    [InlineData(int.MinValue, "ffffffff0f")]
    public void Small_numbers_of_either_sign_are_short(int value, string hex)
    {
        var bytes = new byte[Varint.MaxBytes32];
        var written = Varint.Write(bytes, value);
        Assert.Equal(hex, Convert.ToHexStringLower(bytes.AsSpan(0, written)));
        var position = 0;
        Assert.Equal(value, Varint.ReadInt32(bytes, ref position));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("808080808000")]
    public void A_varint_that_is_cut_or_too_long_is_refused(string hex)
    {
        var position = 0;
        Assert.Throws<InvalidRecordsException>(() => Varint.ReadInt32(Convert.FromHexString(hex), ref position));
    }
}
