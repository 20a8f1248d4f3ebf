using ClassicBroker.Broker.Configuration;

namespace ClassicBroker.Unit.Configuration;

public sealed class JavaPropertiesTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("  a = b ", "a", "b ")]
    [InlineData("a:b", "a", "b")]
    [InlineData("a b", "a", "b")]
    [InlineData("a", "a", "")]
    [InlineData("listeners=PLAINTEXT://:9092", "listeners", "PLAINTEXT://:9092")]
    [InlineData("a\\=b=c", "a=b", "c")]
    [InlineData("a=x\\ty\\u0041", "a", "x\tyA")]
    [InlineData("a=1,\\\n   2", "a", "1,2")]
    [InlineData("# no\n! no\n\na=b", "a", "b")]
    [InlineData("a=b\\\\", "a", "b\\")]
    public void A_line_is_read_as_Java_reads_it(string text, string key, string value)
    {
        Assert.Equal([new(key, value)], JavaProperties.Parse(text));
    }

    [Fact]
    public void Lines_may_end_in_any_of_the_three_ways()
    {
        Assert.Equal(["a", "b", "c"], JavaProperties.Parse("a=1\r\nb=2\rc=3").Select(s => s.Key));
    }

    [Theory]
    [InlineData("a=\\u00")]
    [InlineData("a=\\uZZZZ")]
    [InlineData("\\")]
    [InlineData("=")]
    public void Odd_input_never_throws(string text)
    {
        Assert.True(JavaProperties.Parse(text).Count <= 1);
    }
}
