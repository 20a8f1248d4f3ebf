using ClassicBroker.Coordination.ZooKeeper.Driver;

namespace ClassicBroker.Unit.ZooKeeper;

public class ConnectStringTests
{
    [Fact]
    public void Servers_ports_and_chroot_are_taken_apart()
    {
        var connect = ConnectString.Parse("one:2182, two,[::1]:2183,[fe80::1]/kafka/a/");
        Assert.Equal(["one:2182", "two:2181", "[::1]:2183", "[fe80::1]:2181"], connect.Servers.Select(server => server.ToString()));
        Assert.Equal("/kafka/a", connect.Chroot);
    }

    [Theory]
    [InlineData("h", "/", "/")]
    [InlineData("h", "/a/b", "/a/b")]
    [InlineData("h/", "/a", "/a")]
    [InlineData("h/inner", "/", "/inner")]
    [InlineData("h/inner", "/a/b", "/inner/a/b")]
    public void A_path_goes_out_below_the_chroot_and_comes_back_without_it(string text, string client, string server)
    {
        var connect = ConnectString.Parse(text);
        Assert.Equal(server, connect.ToServer(client));
        Assert.Equal(client, connect.ToClient(server));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/chroot")]
    [InlineData(",")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:x")]
    [InlineData(":2181")]
    [InlineData("host/a//b")]
    public void A_broken_connect_string_is_refused_and_quoted(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<ArgumentException>(() => ConnectString.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a/")]
    public void A_path_that_is_none_is_refused(string path) => Assert.Throws<ArgumentException>(() => ConnectString.Parse("h").ToServer(path));
}
