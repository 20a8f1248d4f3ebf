using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Integration.Coordination;

public sealed class StoreTests(EnsembleFixture ensemble) : IClassFixture<EnsembleFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Registering_gives_the_czxid_as_epoch_and_a_second_process_is_told_who_holds_the_id()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var first = await EnsembleFixture.ConnectAsync(options);
        await using var second = await EnsembleFixture.ConnectAsync(options);

        var epoch = await Registry(first).RegisterAsync(Broker(1, 9092), Ct);
        var refused = await Assert.ThrowsAsync<BrokerIdInUseException>(() => Registry(second).RegisterAsync(Broker(1, 9093), Ct));

        var stat = await first.ExistsAsync(BrokerIdNode.Path(1), ct: Ct);
        Assert.Equal((stat!.Czxid, 1), (epoch.Value, stat.Version));
        Assert.Contains("broker.id 1", refused.Message);
        Assert.Contains("localhost:9092", refused.Message);
        Assert.Contains($"0x{first.SessionId:x}", refused.Message);
    }

    [Fact]
    public async Task Brokers_that_claim_producer_ids_at_once_get_blocks_apart()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var first = await EnsembleFixture.ConnectAsync(options);
        await using var second = await EnsembleFixture.ConnectAsync(options);

        var starts = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(i => new ProducerIdBlocks(i % 2 == 0 ? first : second).ClaimAsync(brokerId: i % 2, Ct)));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i * ProducerIdBlocks.BlockSize), starts.Order());
    }

    [Fact]
    public async Task Two_brokers_cannot_advertise_one_address()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = await EnsembleFixture.ConnectAsync(options);
        await Registry(zk).RegisterAsync(Broker(1, 9092), Ct);

        var refused = await Assert.ThrowsAsync<BrokerIdInUseException>(() => Registry(zk).RegisterAsync(Broker(2, 9092), Ct));

        Assert.Contains("Broker 1 already advertises localhost:9092", refused.Message);
    }

    [Fact]
    public async Task A_registration_whose_reply_was_lost_is_recognised_as_our_own()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = new LossyZooKeeper(await EnsembleFixture.ConnectAsync(options));
        zk.LoseNextReply();

        var epoch = await Registry(zk).RegisterAsync(Broker(1, 9092), Ct);

        Assert.Equal((await zk.ExistsAsync(BrokerIdNode.Path(1), ct: Ct))!.Czxid, epoch.Value);
    }

    [Fact]
    public async Task A_killed_broker_takes_its_old_session_over_and_registers_at_once()
    {
        var options = await ensemble.FreshTreeAsync();
        string folder = Directory.CreateTempSubdirectory("classic-session-").FullName;
        await using var killed = await EnsembleFixture.ConnectAsync(options);
        var before = await Registry(killed).RegisterAsync(Broker(1, 9092), Ct);
        new SavedSession(folder, NullLogger<SavedSession>.Instance).Save(killed.SessionId, killed.SessionPassword.Span);
        var file = Assert.Single(Directory.GetFiles(folder));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        bool closed = await new SavedSession(folder, NullLogger<SavedSession>.Instance).EndPreviousAsync(options, TimeProvider.System, Ct);
        await using var next = await EnsembleFixture.ConnectAsync(options);
        var after = await Registry(next).RegisterAsync(Broker(1, 9092), Ct);

        Assert.True(closed);
        Assert.True(after > before);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Of_two_candidates_one_wins_and_the_epochs_follow_each_other()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var one = await EnsembleFixture.ConnectAsync(options);
        await using var two = await EnsembleFixture.ConnectAsync(options);
        ControllerSeat seat1 = new(one, 1, TimeProvider.System), seat2 = new(two, 2, TimeProvider.System);

        var results = await Task.WhenAll(seat1.TryTakeAsync(Ct), seat2.TryTakeAsync(Ct));

        var winner = Assert.Single(results, result => result.Term is not null);
        Assert.All(results, result => Assert.Equal(winner.Holder, result.Holder));
        Assert.Equal(1, winner.Term!.Epoch.Value);
        await (winner.Holder == 1 ? seat1 : seat2).ResignAsync(winner.Term, Ct);
        var next = await (winner.Holder == 1 ? seat2 : seat1).TryTakeAsync(Ct);
        Assert.Equal((2, 2), (next.Term!.Epoch.Value, next.Term.EpochZkVersion.Value));
    }

    [Fact]
    public async Task A_seat_whose_reply_was_lost_is_recognised_as_won()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = new LossyZooKeeper(await EnsembleFixture.ConnectAsync(options));
        await zk.CreateAsync(ControllerEpochNode.Path, ControllerEpochNode.Encode(new ControllerEpoch(0)), CreateMode.Persistent, Ct);
        zk.LoseNextReply();

        var result = await new ControllerSeat(zk, 1, TimeProvider.System).TryTakeAsync(Ct);

        Assert.Equal(new ControllerTerm(new ControllerEpoch(1), new ZkVersion(1)), result.Term);
    }

    [Fact]
    public async Task A_deposed_controller_cannot_write()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = await EnsembleFixture.ConnectAsync(options);
        var seat = new ControllerSeat(zk, 1, TimeProvider.System);
        var old = (await seat.TryTakeAsync(Ct)).Term!;
        await seat.ResignAsync(old, Ct);
        await seat.TryTakeAsync(Ct);
        await CreateTopicAsync(zk, "t", 3);
        var states = new PartitionStateStore(zk);

        await Assert.ThrowsAsync<ControllerMovedException>(() => new PartitionStateWrites(zk, states).WriteAsync(Creates("t", 3), old, Ct));
        await Assert.ThrowsAsync<ControllerMovedException>(() => new TopicStore(zk).RemoveAsync("t", old, Ct));

        Assert.Empty(await states.ReadAsync([("t", 0), ("t", 1), ("t", 2)], Ct));
        Assert.Contains("t", await new TopicStore(zk).ListAsync(Ct));
    }

    [Fact]
    public async Task Hundreds_of_states_are_created_read_and_removed()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = new LossyZooKeeper(await EnsembleFixture.ConnectAsync(options));
        var term = (await new ControllerSeat(zk, 1, TimeProvider.System).TryTakeAsync(Ct)).Term!;
        await CreateTopicAsync(zk, "t", 650);
        var states = new PartitionStateStore(zk);
        zk.LoseNextReply();

        var results = await new PartitionStateWrites(zk, states).WriteAsync(Creates("t", 650), term, Ct);

        Assert.All(results, result => Assert.True(result.Written));
        Assert.Equal(650, (await states.ReadAsync([.. Enumerable.Range(0, 650).Select(i => ("t", i))], Ct)).Count);
        await new TopicStore(zk).MarkForDeletionAsync("t", Ct);
        await new TopicStore(zk).RemoveAsync("t", term, Ct);
        Assert.Empty(await new TopicStore(zk).ListAsync(Ct));
        Assert.Empty(await new TopicStore(zk).MarkedForDeletionAsync(Ct));
        Assert.Null(await zk.ExistsAsync(ConfigNode.Topic("t"), ct: Ct));
    }

    [Fact]
    public async Task A_batch_in_which_a_leader_wrote_meanwhile_stores_all_others_and_names_that_one()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = await EnsembleFixture.ConnectAsync(options);
        var term = (await new ControllerSeat(zk, 1, TimeProvider.System).TryTakeAsync(Ct)).Term!;
        await CreateTopicAsync(zk, "t", 3);
        var states = new PartitionStateStore(zk);
        var writes = new PartitionStateWrites(zk, states);
        await writes.WriteAsync(Creates("t", 3), term, Ct);
        var shrunk = new PartitionState(1, new LeaderEpoch(0), new ControllerEpoch(1), [1]);
        await states.TryUpdateAsync("t", 1, shrunk, new ZkVersion(0), Ct);

        var elected = new PartitionState(2, new LeaderEpoch(1), new ControllerEpoch(1), [2]);
        var results = await writes.WriteAsync([.. Enumerable.Range(0, 3).Select(i => new PartitionStateWrite("t", i, elected, new ZkVersion(0)))], term, Ct);

        Assert.Equal([true, false, true], results.Select(result => result.Written));
        Assert.Equal(new VersionedPartitionState(shrunk, new ZkVersion(1)), results[1].Current);
    }

    [Fact]
    public async Task A_leaders_write_with_a_lost_reply_counts_as_written()
    {
        var (zk, states) = await OnePartitionAsync();
        await using var _ = zk;
        zk.LoseNextReply();

        var result = await states.TryUpdateAsync("t", 0, new PartitionState(1, new LeaderEpoch(0), new ControllerEpoch(1), [1]), new ZkVersion(0), Ct);

        Assert.True(result.Written);
        Assert.Equal(1, result.Current!.ZkVersion.Value);
    }

    [Fact]
    public async Task A_leaders_write_against_an_old_version_is_refused_with_what_is_stored()
    {
        var (zk, states) = await OnePartitionAsync();
        await using var _ = zk;
        var newer = new PartitionState(2, new LeaderEpoch(1), new ControllerEpoch(1), [2]);
        await states.TryUpdateAsync("t", 0, newer, new ZkVersion(0), Ct);

        var result = await states.TryUpdateAsync("t", 0, new PartitionState(1, new LeaderEpoch(0), new ControllerEpoch(1), [1]), new ZkVersion(0), Ct);

        Assert.False(result.Written);
        Assert.Equal(new VersionedPartitionState(newer, new ZkVersion(1)), result.Current);
    }

    [Fact]
    public async Task Junk_in_one_znode_hides_only_that_one()
    {
        var (zk, states) = await OnePartitionAsync();
        await using var _ = zk;
        await zk.CreateAsync(TopicNode.Path("broken"), "{"u8.ToArray(), CreateMode.Persistent, Ct);
        await zk.CreateAsync(BrokerIdNode.Path(9), "junk"u8.ToArray(), CreateMode.Ephemeral, Ct);
        await Registry(zk).RegisterAsync(Broker(1, 9092), Ct);

        Assert.Equal(["t"], (await new TopicStore(zk).ReadAsync(["t", "broken"], Ct)).Keys);
        Assert.Equal([1], (await Registry(zk).ListAsync(Ct)).Select(broker => broker.BrokerId));
        await zk.SetAsync(PartitionStateNode.Path("t", 0), "junk"u8.ToArray(), -1, Ct);
        Assert.Empty(await states.ReadAsync([("t", 0)], Ct));
    }

    [Fact]
    public async Task Creating_a_topic_twice_keeps_the_first_and_its_configuration()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = new LossyZooKeeper(await EnsembleFixture.ConnectAsync(options));
        var store = new TopicStore(zk);
        zk.LoseNextReply();

        bool first = await store.CreateAsync(Topic("t", 1), new Dictionary<string, string> { ["retention.ms"] = "1" }, Ct);
        bool second = await store.CreateAsync(Topic("t", 2), new Dictionary<string, string> { ["retention.ms"] = "2" }, Ct);

        Assert.True(first);
        Assert.False(second);
        Assert.Equal("1", (await new ConfigStore(zk).ReadTopicAsync("t", Ct))["retention.ms"]);
    }

    [Fact]
    public async Task Cluster_id_broker_ids_and_notifications()
    {
        var options = await ensemble.FreshTreeAsync();
        await using var zk = await EnsembleFixture.ConnectAsync(options);
        var ids = await Task.WhenAll(new ClusterIdStore(zk).ReadOrCreateAsync(Ct), new ClusterIdStore(zk).ReadOrCreateAsync(Ct));
        Assert.Equal(ids[0], ids[1]);
        int first = await new BrokerIdSequence(zk).NextAsync(ct: Ct);
        int second = await new BrokerIdSequence(zk).NextAsync(ct: Ct);
        Assert.Equal((1001, 1002), (first, second));

        var term = (await new ControllerSeat(zk, 1, TimeProvider.System).TryTakeAsync(Ct)).Term!;
        var notifications = new IsrChangeNotifications(zk);
        await notifications.WriteAsync([("t", 0), ("t", 1)], Ct);
        var found = await notifications.ReadAsync(Ct);
        Assert.Equal([("t", 0), ("t", 1)], Assert.Single(found).Partitions);
        await notifications.DeleteAsync([.. found.Select(change => change.Path)], term, Ct);
        Assert.Empty(await notifications.ReadAsync(Ct));
    }

    private async Task<(LossyZooKeeper, PartitionStateStore)> OnePartitionAsync()
    {
        var options = await ensemble.FreshTreeAsync();
        var zk = new LossyZooKeeper(await EnsembleFixture.ConnectAsync(options));
        var term = (await new ControllerSeat(zk, 1, TimeProvider.System).TryTakeAsync(Ct)).Term!;
        await CreateTopicAsync(zk, "t", 1);
        var states = new PartitionStateStore(zk);
        await new PartitionStateWrites(zk, states).WriteAsync(Creates("t", 1), term, Ct);
        return (zk, states);
    }

    private static async Task CreateTopicAsync(IZooKeeper zk, string topic, int partitions) =>
        Assert.True(await new TopicStore(zk).CreateAsync(Topic(topic, partitions), new Dictionary<string, string>(), Ct));

    private static TopicAssignment Topic(string topic, int partitions) =>
        new(topic, KafkaUuid.Fresh(), Enumerable.Range(0, partitions).ToDictionary(i => i, _ => new[] { 1, 2 }));

    private static PartitionStateWrite[] Creates(string topic, int partitions) =>
        [.. Enumerable.Range(0, partitions).Select(i => new PartitionStateWrite(topic, i, new PartitionState(1, new LeaderEpoch(0), new ControllerEpoch(1), [1, 2]), ZkVersion.Create))];

    private static BrokerRegistry Registry(IZooKeeper zk) => new(zk, TimeProvider.System, NullLogger<BrokerRegistry>.Instance);

    private static BrokerRegistration Broker(int id, int port) => new(id, [new("PLAINTEXT", "PLAINTEXT", "localhost", port)], null, BrokerEpoch.None);
}
