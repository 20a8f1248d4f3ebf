using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Conformance;

/// <summary>Transactions and multi reads: what every implementation of <see cref="IZooKeeper"/> does alike.</summary>
public abstract class MultiConformance(IEnsembleUnderTest ensemble)
{
    [Fact]
    public Task All_steps_are_done_in_one_transaction_and_answered_one_by_one() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/old", default, CreateMode.Persistent);
        var results = await zk.MultiAsync(
        [
            new ZooKeeperOp.Check("/old", 0),
            new ZooKeeperOp.Create("/new", [1], CreateMode.Ephemeral),
            new ZooKeeperOp.Create("/seq-", [], CreateMode.PersistentSequential),
            new ZooKeeperOp.Create("/container", [], CreateMode.Container),
            new ZooKeeperOp.Set("/new", [2], 0),
            new ZooKeeperOp.Delete("/old", 0),
        ]);

        Assert.All(results, result => Assert.Equal(ZooKeeperError.Ok, result.Error));
        Assert.Equal([null, "/new", "/seq-0000000002", "/container", null, null], results.Select(result => result.Path));
        Assert.Null(results[1].Stat); // a plain create in a multi is answered without one; the set after it tells
        Assert.Equal(zk.SessionId, results[4].Stat!.EphemeralOwner);
        Assert.Equal(results[4].Stat!.Czxid, results[4].Stat!.Mzxid);
        Assert.Equal(1, results[4].Stat!.Version);
        Assert.Null(await zk.ExistsAsync("/old"));
    });

    [Fact]
    public Task One_failing_step_undoes_all_and_is_named() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/n", new byte[] { 0 }, CreateMode.Persistent);
        var failed = await Assert.ThrowsAsync<ZooKeeperMultiException>(() => zk.MultiAsync(
        [
            new ZooKeeperOp.Create("/new", [], CreateMode.Persistent),
            new ZooKeeperOp.Set("/n", [1], 0),
            new ZooKeeperOp.Check("/n", 17),
            new ZooKeeperOp.Delete("/n", -1),
        ]));

        Assert.Equal(ZooKeeperError.BadVersion, failed.Error);
        Assert.Equal("/n", failed.Path);
        Assert.Equal(
            [ZooKeeperError.Ok, ZooKeeperError.Ok, ZooKeeperError.BadVersion, ZooKeeperError.RuntimeInconsistency], failed.Results.Select(result => result.Error));
        Assert.Null(await zk.ExistsAsync("/new"));
        Assert.Equal([0], (await zk.GetAsync("/n")).Data);
    });

    [Fact]
    public Task Every_kind_of_error_of_a_step_is_told() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/p", default, CreateMode.Persistent);
        await zk.CreateAsync("/p/c", default, CreateMode.Persistent);
        (ZooKeeperOp Op, ZooKeeperError Error)[] cases =
        [
            (new ZooKeeperOp.Create("/p", [], CreateMode.Persistent), ZooKeeperError.NodeExists),
            (new ZooKeeperOp.Create("/no/c", [], CreateMode.Persistent), ZooKeeperError.NoNode),
            (new ZooKeeperOp.Set("/no", [], -1), ZooKeeperError.NoNode),
            (new ZooKeeperOp.Set("/p", [], 9), ZooKeeperError.BadVersion),
            (new ZooKeeperOp.Delete("/p", -1), ZooKeeperError.NotEmpty),
            (new ZooKeeperOp.Delete("/no", -1), ZooKeeperError.NoNode),
            (new ZooKeeperOp.Check("/no", 0), ZooKeeperError.NoNode),
            (new ZooKeeperOp.Check("/p", 9), ZooKeeperError.BadVersion),
        ];
        foreach (var (op, error) in cases)
            Assert.Equal(error, await Errors.OfAsync(() => zk.MultiAsync([op])));
    });

    [Fact]
    public Task A_multi_read_answers_each_read_with_its_own_error() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await zk.CreateAsync("/n", new byte[] { 7 }, CreateMode.Persistent);
        var results = await zk.MultiReadAsync([new ZooKeeperRead.Get("/n"), new ZooKeeperRead.Get("/no"), new ZooKeeperRead.Children("/"), new ZooKeeperRead.Children("/no")]);
        Assert.Equal([ZooKeeperError.Ok, ZooKeeperError.NoNode, ZooKeeperError.Ok, ZooKeeperError.NoNode], results.Select(result => result.Error));
        Assert.Equal([7], results[0].Data);
        Assert.Equal(0, results[0].Stat!.Version);
        Assert.Equal(["n"], results[2].Children);
    });

    [Fact]
    public Task Nothing_asked_is_nothing_sent() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        Assert.Empty(await zk.MultiAsync([]));
        Assert.Empty(await zk.MultiReadAsync([]));
    });

    [Fact]
    public Task Ten_thousand_znodes_are_written_in_multis_of_200_and_read_in_one() => ensemble.RunAsync(async () =>
    {
        await using var zk = await ensemble.ConnectAsync();
        await Task.WhenAll(Enumerable.Range(0, 10_000).Chunk(200).Select(part =>
            zk.MultiAsync([.. part.Select(i => new ZooKeeperOp.Create($"/n{i}", BitConverter.GetBytes(i), CreateMode.Persistent))])));
        var results = await zk.MultiReadAsync([.. Enumerable.Range(0, 10_000).Select(i => new ZooKeeperRead.Get($"/n{i}"))]);
        Assert.Equal(Enumerable.Range(0, 10_000), results.Select(result => BitConverter.ToInt32(result.Data)));
    });
}
