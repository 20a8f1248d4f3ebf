using ClassicBroker.Conformance;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Integration.ZooKeeper;

[Collection(EnsembleTests.Name)]
public class OperationsTests(EnsembleFixture fixture) : OperationsConformance(fixture)
{
    private EnsembleFixture Fixture { get; } = fixture;

    [Fact]
    public async Task After_sync_another_server_answers_with_what_was_written_before()
    {
        string chroot = Fixture.NewChroot();
        await using var writer = await Fixture.ConnectAsync(chroot);
        await writer.CreateAsync("/n", default, CreateMode.Persistent);
        var readers = await Task.WhenAll(Fixture.Ensemble.Nodes.Select(node =>
            Fixture.ConnectAsync(chroot, options => options.ConnectString = $"127.0.0.1:{node.ClientPort}{chroot}")));
        for (int i = 1; i <= 50; i++)
        {
            await writer.SetAsync("/n", new[] { (byte)i });
            foreach (var reader in readers)
            {
                await reader.SyncAsync("/");
                Assert.Equal([(byte)i], (await reader.GetAsync("/n")).Data);
            }
        }

        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Fact]
    public async Task The_chroot_is_created_and_never_seen()
    {
        string chroot = Fixture.NewChroot() + "/with/three/parts";
        await using var inside = await Fixture.ConnectAsync(chroot);
        await using var outside = await Fixture.ConnectAsync("");
        var created = await inside.CreateAsync("/a", default, CreateMode.Persistent);
        Assert.Equal("/a", created.Path);
        Assert.Equal("/a", (await inside.GetAsync("/a")).Path);
        Assert.NotNull(await outside.ExistsAsync(chroot + "/a"));
        Assert.Equal("/b", (await inside.MultiAsync([new ZooKeeperOp.Create("/b", [], CreateMode.Persistent)]))[0].Path);
    }

    [Fact]
    public async Task Creator_only_znodes_are_closed_to_strangers_and_to_other_users()
    {
        string chroot = Fixture.NewChroot();
        await using var open = await Fixture.ConnectAsync(chroot);
        await using var alice = await Fixture.ConnectAsync(chroot, options =>
        {
            options.DigestUser = "alice";
            options.DigestPassword = "s3cret";
            options.CreatorOnlyAcl = true;
        });
        await using var mallory = await Fixture.ConnectAsync(chroot, options =>
        {
            options.DigestUser = "mallory";
            options.DigestPassword = "guess";
        });

        await alice.CreateAsync("/secret", new byte[] { 1 }, CreateMode.Persistent);
        Assert.Equal([1], (await alice.GetAsync("/secret")).Data);
        foreach (var stranger in new[] { open, mallory })
        {
            // The stranger's server may be a follower that has not applied the create yet.
            await stranger.SyncAsync("/");
            Assert.Equal(ZooKeeperError.NoAuth, await EnsembleFixture.ErrorOfAsync(() => stranger.GetAsync("/secret")));
            Assert.Equal(ZooKeeperError.NoAuth, await EnsembleFixture.ErrorOfAsync(() => stranger.SetAsync("/secret", default)));
            Assert.Equal(ZooKeeperError.NoAuth, await EnsembleFixture.ErrorOfAsync(() => stranger.CreateAsync("/secret/x", default, CreateMode.Persistent)));
        }
    }

    [Fact]
    public async Task Creator_only_without_credentials_is_an_invalid_acl()
    {
        string chroot = Fixture.NewChroot();
        await using var open = await Fixture.ConnectAsync(chroot);
        await using var nobody = await Fixture.ConnectAsync(chroot, options => options.CreatorOnlyAcl = true);
        Assert.Equal(ZooKeeperError.InvalidAcl, await EnsembleFixture.ErrorOfAsync(() => nobody.CreateAsync("/n", default, CreateMode.Persistent)));
    }

    [Fact]
    public async Task A_request_above_jute_maxbuffer_is_refused_here_with_path_size_and_limit()
    {
        await using var zk = await Fixture.ConnectAsync(configure: options => options.MaxFrameBytes = 10_000);
        var refused = await Assert.ThrowsAsync<ZooKeeperException>(() => zk.CreateAsync("/large", new byte[20_000], CreateMode.Persistent));
        Assert.Equal(ZooKeeperError.MarshallingError, refused.Error);
        Assert.Matches("/large.* 20\\d\\d\\d bytes.* 10000", refused.Message);
        Assert.Null(await zk.ExistsAsync("/large"));
    }

    [Fact]
    public async Task An_answer_above_jute_maxbuffer_fails_alone_and_the_session_goes_on()
    {
        string chroot = Fixture.NewChroot();
        await using var large = await Fixture.ConnectAsync(chroot);
        await using var small = await Fixture.ConnectAsync(chroot, options => options.MaxFrameBytes = 100_000);
        await large.CreateAsync("/large", new byte[1_000_000], CreateMode.Persistent);
        long session = small.SessionId;
        var refused = await Assert.ThrowsAsync<ZooKeeperException>(() => small.GetAsync("/large"));
        Assert.Equal(ZooKeeperError.MarshallingError, refused.Error);
        Assert.Equal(1_000_000, (await small.ExistsAsync("/large"))!.DataLength);
        Assert.Equal(session, small.SessionId);
    }

    [Fact]
    public async Task Up_to_jute_maxbuffer_data_go_and_come()
    {
        await using var zk = await Fixture.ConnectAsync();
        byte[] data = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(data);
        await zk.CreateAsync("/n", data, CreateMode.Persistent);
        Assert.Equal(data, (await zk.GetAsync("/n")).Data);
    }
}
