using System.Text;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Integration.ZooKeeper;

[Collection(EnsembleTests.Name)]
public class OperationsTests(EnsembleFixture fixture)
{
    [Theory]
    [InlineData(CreateMode.Persistent, false, false)]
    [InlineData(CreateMode.Ephemeral, true, false)]
    [InlineData(CreateMode.PersistentSequential, false, true)]
    [InlineData(CreateMode.EphemeralSequential, true, true)]
    [InlineData(CreateMode.Container, false, false)]
    public async Task Create_answers_with_the_real_path_and_the_stat(CreateMode mode, bool isEphemeral, bool isSequential)
    {
        await using var zk = await fixture.ConnectAsync();
        var created = await zk.CreateAsync("/n", "data"u8.ToArray(), mode);

        Assert.Equal(isSequential ? "/n0000000000" : "/n", created.Path);
        Assert.Equal(4, created.Stat.DataLength);
        Assert.True(created.Stat.Czxid > 0);
        if (mode != CreateMode.Container) Assert.Equal(isEphemeral ? zk.SessionId : 0, created.Stat.EphemeralOwner);

        var read = await zk.GetAsync(created.Path);
        Assert.Equal("data", Encoding.UTF8.GetString(read.Data));
        Assert.Equal(created.Stat, read.Stat);
    }

    [Fact]
    public async Task Sequential_znodes_count_up_in_the_order_they_were_issued()
    {
        await using var zk = await fixture.ConnectAsync();
        var created = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => zk.CreateAsync("/s-", default, CreateMode.PersistentSequential)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"/s-{i:D10}"), created.Select(c => c.Path));
    }

    [Fact]
    public async Task A_znode_with_a_time_to_live_is_created_and_the_modes_that_need_one_are_refused_without()
    {
        await using var zk = await fixture.ConnectAsync();
        Assert.Equal("/ttl", (await zk.CreateWithTtlAsync("/ttl", default, TimeSpan.FromMinutes(1))).Path);
        Assert.Equal("/seq0000000001", (await zk.CreateWithTtlAsync("/seq", default, TimeSpan.FromMinutes(1), sequential: true)).Path);
        await Assert.ThrowsAsync<ArgumentException>(() => zk.CreateAsync("/x", default, CreateMode.PersistentWithTtl));
    }

    [Fact]
    public async Task Create_errors()
    {
        await using var zk = await fixture.ConnectAsync();
        await zk.CreateAsync("/there", default, CreateMode.Persistent);
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        Assert.Equal(ZooKeeperError.NodeExists, await EnsembleFixture.ErrorOfAsync(() => zk.CreateAsync("/there", default, CreateMode.Persistent)));
        Assert.Equal(ZooKeeperError.NoNode, await EnsembleFixture.ErrorOfAsync(() => zk.CreateAsync("/no/child", default, CreateMode.Persistent)));
        Assert.Equal(ZooKeeperError.NoChildrenForEphemerals, await EnsembleFixture.ErrorOfAsync(() => zk.CreateAsync("/mine/child", default, CreateMode.Persistent)));
        Assert.Equal(ZooKeeperError.BadArguments, await EnsembleFixture.ErrorOfAsync(() => zk.CreateAsync("/..", default, CreateMode.Persistent)));
    }

    [Fact]
    public async Task Set_writes_at_the_expected_version_only()
    {
        await using var zk = await fixture.ConnectAsync();
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        Assert.Equal(1, (await zk.SetAsync("/n", new byte[] { 1 }, version: 0)).Version);
        Assert.Equal(2, (await zk.SetAsync("/n", new byte[] { 2 })).Version);
        Assert.Equal(ZooKeeperError.BadVersion, await EnsembleFixture.ErrorOfAsync(() => zk.SetAsync("/n", default, version: 0)));
        Assert.Equal(ZooKeeperError.NoNode, await EnsembleFixture.ErrorOfAsync(() => zk.SetAsync("/no", default)));
        Assert.Equal([2], (await zk.GetAsync("/n")).Data);
    }

    [Fact]
    public async Task Delete_deletes_at_the_expected_version_and_without_children_only()
    {
        await using var zk = await fixture.ConnectAsync();
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        await zk.CreateAsync("/n/c", default, CreateMode.Persistent);
        Assert.Equal(ZooKeeperError.NotEmpty, await EnsembleFixture.ErrorOfAsync(() => zk.DeleteAsync("/n")));
        Assert.Equal(ZooKeeperError.BadVersion, await EnsembleFixture.ErrorOfAsync(() => zk.DeleteAsync("/n/c", version: 5)));
        await zk.DeleteAsync("/n/c", version: 0);
        await zk.DeleteAsync("/n");
        Assert.Equal(ZooKeeperError.NoNode, await EnsembleFixture.ErrorOfAsync(() => zk.DeleteAsync("/n")));
    }

    [Fact]
    public async Task Reads_of_what_is_not_there()
    {
        await using var zk = await fixture.ConnectAsync();
        Assert.Null(await zk.ExistsAsync("/no"));
        Assert.Null(await zk.TryGetAsync("/no"));
        Assert.Equal(ZooKeeperError.NoNode, await EnsembleFixture.ErrorOfAsync(() => zk.GetAsync("/no")));
        Assert.Equal(ZooKeeperError.NoNode, await EnsembleFixture.ErrorOfAsync(() => zk.ChildrenAsync("/no")));
        Assert.Equal(ZooKeeperError.NoWatcher, await EnsembleFixture.ErrorOfAsync(() => zk.RemoveWatchAsync("/no")));
    }

    [Fact]
    public async Task Empty_data_and_any_unicode_come_back_as_they_went()
    {
        await using var zk = await fixture.ConnectAsync();
        await zk.CreateAsync("/пример-例-é", default, CreateMode.Persistent);
        Assert.Empty((await zk.GetAsync("/пример-例-é")).Data);
        Assert.Equal(["пример-例-é"], (await zk.ChildrenAsync("/")).Names);
    }

    [Fact]
    public async Task Children_come_with_the_stat_of_the_parent()
    {
        await using var zk = await fixture.ConnectAsync();
        await zk.CreateAsync("/p", default, CreateMode.Persistent);
        foreach (string name in new[] { "a", "b", "c" }) await zk.CreateAsync($"/p/{name}", default, CreateMode.Persistent);
        var children = await zk.ChildrenAsync("/p");
        Assert.Equal(["a", "b", "c"], children.Names.Order());
        Assert.Equal(3, children.Stat.ChildCount);
        Assert.Equal(3, children.Stat.ChildrenVersion);
    }

    [Fact]
    public async Task After_sync_another_server_answers_with_what_was_written_before()
    {
        string chroot = fixture.NewChroot();
        await using var writer = await fixture.ConnectAsync(chroot);
        await writer.CreateAsync("/n", default, CreateMode.Persistent);
        var readers = await Task.WhenAll(fixture.Ensemble.Nodes.Select(node =>
            fixture.ConnectAsync(chroot, options => options.ConnectString = $"127.0.0.1:{node.ClientPort}{chroot}")));
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
        string chroot = fixture.NewChroot() + "/with/three/parts";
        await using var inside = await fixture.ConnectAsync(chroot);
        await using var outside = await fixture.ConnectAsync("");
        var created = await inside.CreateAsync("/a", default, CreateMode.Persistent);
        Assert.Equal("/a", created.Path);
        Assert.Equal("/a", (await inside.GetAsync("/a")).Path);
        Assert.NotNull(await outside.ExistsAsync(chroot + "/a"));
        Assert.Equal("/b", (await inside.MultiAsync([new ZooKeeperOp.Create("/b", [], CreateMode.Persistent)]))[0].Path);
    }

    [Fact]
    public async Task Creator_only_znodes_are_closed_to_strangers_and_to_other_users()
    {
        string chroot = fixture.NewChroot();
        await using var open = await fixture.ConnectAsync(chroot);
        await using var alice = await fixture.ConnectAsync(chroot, options =>
        {
            options.DigestUser = "alice";
            options.DigestPassword = "s3cret";
            options.CreatorOnlyAcl = true;
        });
        await using var mallory = await fixture.ConnectAsync(chroot, options =>
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
        string chroot = fixture.NewChroot();
        await using var open = await fixture.ConnectAsync(chroot);
        await using var nobody = await fixture.ConnectAsync(chroot, options => options.CreatorOnlyAcl = true);
        Assert.Equal(ZooKeeperError.InvalidAcl, await EnsembleFixture.ErrorOfAsync(() => nobody.CreateAsync("/n", default, CreateMode.Persistent)));
    }

    [Fact]
    public async Task A_request_above_jute_maxbuffer_is_refused_here_with_path_size_and_limit()
    {
        await using var zk = await fixture.ConnectAsync(configure: options => options.MaxFrameBytes = 10_000);
        var refused = await Assert.ThrowsAsync<ZooKeeperException>(() => zk.CreateAsync("/large", new byte[20_000], CreateMode.Persistent));
        Assert.Equal(ZooKeeperError.MarshallingError, refused.Error);
        Assert.Matches("/large.* 20\\d\\d\\d bytes.* 10000", refused.Message);
        Assert.Null(await zk.ExistsAsync("/large"));
    }

    [Fact]
    public async Task An_answer_above_jute_maxbuffer_fails_alone_and_the_session_goes_on()
    {
        string chroot = fixture.NewChroot();
        await using var large = await fixture.ConnectAsync(chroot);
        await using var small = await fixture.ConnectAsync(chroot, options => options.MaxFrameBytes = 100_000);
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
        await using var zk = await fixture.ConnectAsync();
        byte[] data = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(data);
        await zk.CreateAsync("/n", data, CreateMode.Persistent);
        Assert.Equal(data, (await zk.GetAsync("/n")).Data);
    }

    [Fact]
    public async Task A_cancelled_request_ends_at_once_and_disturbs_no_other()
    {
        await using var zk = await fixture.ConnectAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => zk.GetAsync("/", ct: cancelled.Token));
        using var soon = new CancellationTokenSource();
        var requests = Enumerable.Range(0, 100).Select(i => zk.ExistsAsync("/", ct: i % 2 == 0 ? soon.Token : default)).ToList();
        await soon.CancelAsync();
        for (int i = 1; i < 100; i += 2) Assert.NotNull(await requests[i]);
    }

    [Fact]
    public async Task After_disposal_a_request_is_refused()
    {
        var zk = await fixture.ConnectAsync();
        await zk.DisposeAsync();
        await zk.DisposeAsync();
        Assert.Equal(ZooKeeperSessionState.Closed, zk.State);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => zk.GetAsync("/"));
    }
}
