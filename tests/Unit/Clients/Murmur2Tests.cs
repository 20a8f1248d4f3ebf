using System.Text;
using ClassicBroker.Clients.Producer;

namespace ClassicBroker.Unit.Clients;

public class Murmur2Tests
{
    [Theory]
    [InlineData("", 275646681)]
    [InlineData("a", -1563381124)]
    [InlineData("ab", 316155434)]
    [InlineData("abc", 479470107)]
    [InlineData("key", -1079937367)]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("ключ", 2122343024)]
    public void A_key_hashes_as_in_the_Java_client(string key, int hash) => Assert.Equal(hash, Murmur2.Hash(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public void A_negative_hash_still_gives_a_partition() => Assert.InRange(Murmur2.Partition("foobar"u8, 7), 0, 6);
}
