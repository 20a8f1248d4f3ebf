using System.Text;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Conformance;

/// <summary>Single requests: what every implementation of <see cref="IZooKeeper"/> does alike.</summary>
public abstract class OperationsConformance(IEnsembleUnderTest ensemble)
{
    [Theory]
    [InlineData(CreateMode.Persistent, false, false)]
    [InlineData(CreateMode.Ephemeral, true, false)]
    [InlineData(CreateMode.PersistentSequential, false, true)]
    [InlineData(CreateMode.EphemeralSequential, true, true)]
    [InlineData(CreateMode.Container, false, false)]
    public Task Create_answers_with_the_real_path_and_the_stat(CreateMode mode, bool isEphemeral, bool isSequential) => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        var created = await zk.CreateAsync("/n", "data"u8.ToArray(), mode);

        Assert.Equal(isSequential ? "/n0000000000" : "/n", created.Path);
        Assert.Equal(4, created.Stat.DataLength);
        Assert.True(created.Stat.Czxid > 0);
        if (mode != CreateMode.Container) Assert.Equal(isEphemeral ? zk.SessionId : 0, created.Stat.EphemeralOwner);

        var read = await zk.GetAsync(created.Path);
        Assert.Equal("data", Encoding.UTF8.GetString(read.Data));
        Assert.Equal(created.Stat, read.Stat);
    });

    [Fact]
    public Task Sequential_znodes_count_up_in_the_order_they_were_issued() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        var created = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => zk.CreateAsync("/s-", default, CreateMode.PersistentSequential)));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"/s-{i:D10}"), created.Select(c => c.Path));
    });

    [Fact]
    public Task A_znode_with_a_time_to_live_is_created_and_the_modes_that_need_one_are_refused_without() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        Assert.Equal("/ttl", (await zk.CreateWithTtlAsync("/ttl", default, TimeSpan.FromMinutes(1))).Path);
        Assert.Equal("/seq0000000001", (await zk.CreateWithTtlAsync("/seq", default, TimeSpan.FromMinutes(1), sequential: true)).Path);
        await Assert.ThrowsAsync<ArgumentException>(() => zk.CreateAsync("/x", default, CreateMode.PersistentWithTtl));
    });

    [Fact]
    public Task Create_errors() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/there", default, CreateMode.Persistent);
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        Assert.Equal(ZooKeeperError.NodeExists, await Errors.OfAsync(() => zk.CreateAsync("/there", default, CreateMode.Persistent)));
        Assert.Equal(ZooKeeperError.NoNode, await Errors.OfAsync(() => zk.CreateAsync("/no/child", default, CreateMode.Persistent)));
        Assert.Equal(ZooKeeperError.NoChildrenForEphemerals, await Errors.OfAsync(() => zk.CreateAsync("/mine/child", default, CreateMode.Persistent)));
        Assert.Equal(ZooKeeperError.BadArguments, await Errors.OfAsync(() => zk.CreateAsync("/..", default, CreateMode.Persistent)));
    });

    [Fact]
    public Task Set_writes_at_the_expected_version_only() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        Assert.Equal(1, (await zk.SetAsync("/n", new byte[] { 1 }, version: 0)).Version);
        Assert.Equal(2, (await zk.SetAsync("/n", new byte[] { 2 })).Version);
        Assert.Equal(ZooKeeperError.BadVersion, await Errors.OfAsync(() => zk.SetAsync("/n", default, version: 0)));
        Assert.Equal(ZooKeeperError.NoNode, await Errors.OfAsync(() => zk.SetAsync("/no", default)));
        Assert.Equal([2], (await zk.GetAsync("/n")).Data);
    });

    [Fact]
    public Task Delete_deletes_at_the_expected_version_and_without_children_only() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        await zk.CreateAsync("/n/c", default, CreateMode.Persistent);
        Assert.Equal(ZooKeeperError.NotEmpty, await Errors.OfAsync(() => zk.DeleteAsync("/n")));
        Assert.Equal(ZooKeeperError.BadVersion, await Errors.OfAsync(() => zk.DeleteAsync("/n/c", version: 5)));
        await zk.DeleteAsync("/n/c", version: 0);
        await zk.DeleteAsync("/n");
        Assert.Equal(ZooKeeperError.NoNode, await Errors.OfAsync(() => zk.DeleteAsync("/n")));
    });

    [Fact]
    public Task Reads_of_what_is_not_there() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        Assert.Null(await zk.ExistsAsync("/no"));
        Assert.Null(await zk.TryGetAsync("/no"));
        Assert.Equal(ZooKeeperError.NoNode, await Errors.OfAsync(() => zk.GetAsync("/no")));
        Assert.Equal(ZooKeeperError.NoNode, await Errors.OfAsync(() => zk.ChildrenAsync("/no")));
        Assert.Equal(ZooKeeperError.NoWatcher, await Errors.OfAsync(() => zk.RemoveWatchAsync("/no")));
    });

    [Fact]
    public Task Empty_data_and_any_unicode_come_back_as_they_went() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/пример-例-é", default, CreateMode.Persistent);
        Assert.Empty((await zk.GetAsync("/пример-例-é")).Data);
        Assert.Equal(["пример-例-é"], (await zk.ChildrenAsync("/")).Names);
    });

    [Fact]
    public Task Children_come_with_the_stat_of_the_parent() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/p", default, CreateMode.Persistent);
        foreach (string name in new[] { "a", "b", "c" }) await zk.CreateAsync($"/p/{name}", default, CreateMode.Persistent);
        var children = await zk.ChildrenAsync("/p");
        Assert.Equal(["a", "b", "c"], children.Names.Order());
        Assert.Equal(3, children.Stat.ChildCount);
        Assert.Equal(3, children.Stat.ChildrenVersion);
    });

    [Fact]
    public Task A_cancelled_request_ends_at_once_and_disturbs_no_other() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => zk.GetAsync("/", ct: cancelled.Token));
        using var soon = new CancellationTokenSource();
        var requests = Enumerable.Range(0, 100).Select(i => zk.ExistsAsync("/", ct: i % 2 == 0 ? soon.Token : default)).ToList();
        soon.Cancel();
        for (int i = 1; i < 100; i += 2) Assert.NotNull(await requests[i]);
    });

    [Fact]
    public Task After_disposal_a_request_is_refused() => ensemble.RunAsync(async () =>
    {
        var zk = await ensemble.ConnectAsync();
        await zk.DisposeAsync();
        await zk.DisposeAsync();
        Assert.Equal(ZooKeeperSessionState.Closed, zk.State);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => zk.GetAsync("/"));
    });
}
