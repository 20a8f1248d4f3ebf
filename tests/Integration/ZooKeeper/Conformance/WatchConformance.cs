using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Conformance;

/// <summary>Watches: what every implementation of <see cref="IZooKeeper"/> does alike.</summary>
public abstract class WatchConformance(IEnsembleUnderTest ensemble)
{
    [Fact]
    public Task A_one_shot_watch_fires_once_for_each_kind_of_change() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        var seen = new Observed(zk);

        await zk.ExistsAsync("/n", watch: true);
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        Assert.Equal(new ZNodeEvent(ZNodeEventType.Created, "/n"), await seen.NextEventAsync());

        await zk.GetAsync("/n", watch: true);
        await zk.SetAsync("/n", default);
        await zk.SetAsync("/n", default);
        Assert.Equal(new ZNodeEvent(ZNodeEventType.DataChanged, "/n"), await seen.NextEventAsync());

        await zk.ChildrenAsync("/n", watch: true);
        await zk.CreateAsync("/n/c", default, CreateMode.Persistent);
        Assert.Equal(new ZNodeEvent(ZNodeEventType.ChildrenChanged, "/n"), await seen.NextEventAsync());

        await zk.TryGetAsync("/n/c", watch: true);
        await zk.DeleteAsync("/n/c");
        Assert.Equal(new ZNodeEvent(ZNodeEventType.Deleted, "/n/c"), await seen.NextEventAsync());
        Assert.False(seen.HasMoreEvents);
    });

    [Fact]
    public Task A_persistent_watch_fires_for_every_change_of_data_and_children() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        var seen = new Observed(zk);
        await zk.AddWatchAsync("/n", WatchMode.Persistent);
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        await zk.SetAsync("/n", default);
        await zk.SetAsync("/n", default);
        await zk.CreateAsync("/n/c", default, CreateMode.Persistent);
        await zk.SetAsync("/n/c", default); // not ours to see
        await zk.DeleteAsync("/n/c");
        await zk.DeleteAsync("/n");

        ZNodeEventType[] expected =
        [
            ZNodeEventType.Created, ZNodeEventType.DataChanged, ZNodeEventType.DataChanged, ZNodeEventType.ChildrenChanged, ZNodeEventType.ChildrenChanged, ZNodeEventType.Deleted,
        ];
        foreach (var type in expected) Assert.Equal(new ZNodeEvent(type, "/n"), await seen.NextEventAsync());
        await zk.SyncAsync("/");
        Assert.False(seen.HasMoreEvents);
    });

    [Fact]
    public Task A_recursive_watch_sees_everything_below_and_names_it_without_the_chroot() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        var seen = new Observed(zk);
        await zk.AddWatchAsync("/", WatchMode.PersistentRecursive);
        await zk.CreateAsync("/a", default, CreateMode.Persistent);
        await zk.CreateAsync("/a/b", default, CreateMode.Persistent);
        await zk.SetAsync("/a/b", default);
        await zk.DeleteAsync("/a/b");
        Assert.Equal(new ZNodeEvent(ZNodeEventType.Created, "/a"), await seen.NextEventAsync());
        Assert.Equal(new ZNodeEvent(ZNodeEventType.Created, "/a/b"), await seen.NextEventAsync());
        Assert.Equal(new ZNodeEvent(ZNodeEventType.DataChanged, "/a/b"), await seen.NextEventAsync());
        Assert.Equal(new ZNodeEvent(ZNodeEventType.Deleted, "/a/b"), await seen.NextEventAsync());
    });

    [Fact]
    public Task A_removed_watch_is_silent() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        var seen = new Observed(zk);
        await zk.CreateAsync("/n", default, CreateMode.Persistent);
        await zk.AddWatchAsync("/n", WatchMode.Persistent);
        await zk.RemoveWatchAsync("/n");
        await zk.ExistsAsync("/last", watch: true);
        await zk.SetAsync("/n", default);
        await zk.CreateAsync("/last", default, CreateMode.Persistent);
        Assert.Equal("/last", (await seen.NextEventAsync()).Path);
    });

    [Fact]
    public Task What_a_one_shot_watch_missed_while_the_connection_was_cut_is_told_on_the_next_connection() => ensemble.RunAsync(async () =>
    {
        string tree = ensemble.NewTree();
        await using var other = await ensemble.ConnectAsync(tree);
        foreach (string path in new[] { "/changed", "/deleted", "/parent", "/quiet" }) await other.CreateAsync(path, default, CreateMode.Persistent);

        await using var client = await ensemble.ConnectCuttableAsync(tree);
        var zk = client.ZooKeeper;
        var seen = new Observed(zk);
        foreach (string path in new[] { "/changed", "/deleted", "/quiet" }) await zk.GetAsync(path, watch: true);
        await zk.ChildrenAsync("/parent", watch: true);
        await zk.ExistsAsync("/created", watch: true);
        long session = zk.SessionId;

        client.Cut();
        await seen.UntilAsync(ZooKeeperSessionState.Suspended);
        await other.SetAsync("/changed", default);
        await other.DeleteAsync("/deleted");
        await other.CreateAsync("/parent/c", default, CreateMode.Persistent);
        await other.CreateAsync("/created", default, CreateMode.Persistent);
        client.Mend();

        var missed = new HashSet<ZNodeEvent>();
        for (int i = 0; i < 4; i++) missed.Add(await seen.NextEventAsync());
        Assert.Equal(
            [
                new ZNodeEvent(ZNodeEventType.Created, "/created"), new ZNodeEvent(ZNodeEventType.Deleted, "/deleted"),
                new ZNodeEvent(ZNodeEventType.DataChanged, "/changed"), new ZNodeEvent(ZNodeEventType.ChildrenChanged, "/parent"),
            ],
            missed.OrderBy(fired => (int)fired.Type));
        await other.SetAsync("/quiet", default); // the one that had not fired is still set
        Assert.Equal(new ZNodeEvent(ZNodeEventType.DataChanged, "/quiet"), await seen.NextEventAsync());
        Assert.Equal(session, zk.SessionId);
    });
}
