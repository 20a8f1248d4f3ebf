using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>The controller's orders: what is taken, what is refused, and that a refusal touches nothing.</summary>
public sealed class RoleChangesTests : IAsyncLifetime
{
    private const int Me = 1;
    private static readonly Guid OtherTopicId = Guid.Parse("99999999-2222-3333-4444-555555555555");
    private readonly string _folder = Directory.CreateTempSubdirectory("roles-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly PartitionRegistry _partitions = new();
    private readonly ScriptedLeader _leader = new();
    private readonly Dictionary<string, string> _topicConfig = [];
    private bool _configsFail;
    private LogDirectories _logs = null!;
    private FollowerFetchers _fetchers = null!;
    private RoleChanges _roles = null!;

    public async ValueTask InitializeAsync()
    {
        _logs = LogDirectories.Open([_folder], new DiskLogFiles(), _time, NullLoggerFactory.Instance);
        _logs.Adopt(Me, "cluster");
        await _logs.LoadAsync(new LogOptions(), _ => null, TestContext.Current.CancellationToken);
        _fetchers = new FollowerFetchers(_leader, new FollowerFetchOptions { BrokerId = Me }, new BrokerIdentity(Me), Throttles(), _time, NullLogger<FollowerFetchers>.Instance);
        _roles = new RoleChanges(_partitions, _logs, new LogOptions(), Configs, _fetchers,
            new IsrUpdates(new NoZooKeeper(), _time, NullLogger<IsrUpdates>.Instance),
            new HandOvers(new NoController(), _time, NullLogger<HandOvers>.Instance), Throttles(), new ReplicationSettings { BrokerId = Me },
            "PLAINTEXT", new FakeFence(), _time, NullLoggerFactory.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _fetchers.DisposeAsync();
        await _logs.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_leader_s_log_is_made_with_the_topic_s_own_settings()
    {
        _topicConfig["min.insync.replicas"] = "2";
        Assert.Equal(ErrorCode.None, await Give(Order(leader: Me, epoch: 0, isr: [Me])));

        var partition = _partitions.Find(Id)!;
        Assert.Same(partition, _partitions.Find(TopicId, 0));
        Assert.True(partition.IsLeader);
        Assert.Equal(TopicId, partition.Log.TopicId);
        Assert.Equal(2, partition.Log.Options.MinInsyncReplicas);
    }

    [Fact]
    public async Task A_topic_s_changed_settings_reach_its_open_log_and_wrong_ones_leave_it_as_it_was()
    {
        await Give(Order(leader: Me, epoch: 0, isr: [Me]));
        var log = _partitions.Find(Id)!.Log;
        var updates = new TopicConfigUpdates(_partitions, new LogOptions(), NullLogger<TopicConfigUpdates>.Instance);

        updates.Apply("another", new Dictionary<string, string> { ["max.message.bytes"] = "100" });
        Assert.Equal(new LogOptions().MaxMessageBytes, log.Options.MaxMessageBytes);
        updates.Apply(Id.Topic, new Dictionary<string, string> { ["max.message.bytes"] = "200" });
        Assert.Equal(200, log.Options.MaxMessageBytes);
        updates.Apply(Id.Topic, new Dictionary<string, string> { ["max.message.bytes"] = "many" });
        Assert.Equal(200, log.Options.MaxMessageBytes);
        updates.Apply(Id.Topic, new Dictionary<string, string>());
        Assert.Equal(new LogOptions().MaxMessageBytes, log.Options.MaxMessageBytes);
    }

    [Fact]
    public async Task A_follower_fetches_from_the_leader_s_inter_broker_listener()
    {
        Assert.Equal(ErrorCode.None, await Give(Order(leader: 2, epoch: 3, isr: [2])));
        Assert.Equal(3, (await _leader.FetchAsync()).Topics[0].Partitions[0].CurrentLeaderEpoch);
        Assert.Equal([new LeaderAddress(2, "two", 9094, "PLAINTEXT")], _leader.Opened);
        _leader.AnswerEmpty();
    }

    [Fact]
    public async Task A_follower_that_becomes_leader_stops_fetching()
    {
        await Give(Order(leader: 2, epoch: 0, isr: [Me, 2]));
        await _leader.FetchAsync();
        await Give(Order(leader: Me, epoch: 1, isr: [Me, 2]));
        _leader.AnswerEmpty();
        Assert.Equal(ErrorCode.None, Append(_partitions.Find(Id)!, "a").Error);
        Assert.True(_leader.NothingAsked);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public async Task Equal_and_lower_leader_epochs_are_refused(int epoch)
    {
        await Give(Order(leader: Me, epoch: 5, isr: [Me]));
        Assert.Equal(ErrorCode.StaleControllerEpoch, await Give(Order(leader: 2, epoch, isr: [2])));
        Assert.True(_partitions.Find(Id)!.IsLeader);
    }

    [Fact]
    public async Task Another_topic_of_the_same_name_is_refused()
    {
        await Give(Order(leader: Me, epoch: 0, isr: [Me]));
        Assert.Equal(ErrorCode.InconsistentTopicId, await Give(Order(leader: Me, epoch: 9, isr: [Me]), OtherTopicId));
        Assert.Equal(0, _partitions.Find(Id)!.LeaderEpoch.Value);
    }

    [Fact]
    public async Task A_log_of_another_topic_left_on_the_disk_is_not_taken_for_this_one()
    {
        _logs.GetOrCreate(Id, OtherTopicId, new LogOptions(), isNew: true);
        Assert.Equal(ErrorCode.InconsistentTopicId, await Give(Order(leader: Me, epoch: 0, isr: [Me])));
        Assert.Null(_partitions.Find(Id));
    }

    [Theory]
    [InlineData(3, ErrorCode.FencedLeaderEpoch)]
    [InlineData(5, ErrorCode.None)]
    [InlineData(-1, ErrorCode.None)]
    [InlineData(-2, ErrorCode.None)]
    public async Task Stopping_is_fenced_by_leader_epoch_unless_it_is_unknown_or_the_topic_goes(int epoch, ErrorCode expected)
    {
        await Give(Order(leader: Me, epoch: 5, isr: [Me]));
        Assert.Equal(expected, await Stop(epoch, delete: false, TopicId));
        Assert.Equal(expected == ErrorCode.None, _partitions.Find(Id) is null);
        Assert.NotNull(_logs.Find(Id));
    }

    [Fact]
    public async Task Deleting_takes_the_log_and_a_new_topic_of_the_name_starts_empty()
    {
        await Give(Order(leader: Me, epoch: 0, isr: [Me]));
        Append(_partitions.Find(Id)!, "old");
        Assert.Equal(ErrorCode.InconsistentTopicId, await Stop(-2, delete: true, OtherTopicId));
        Assert.Equal(ErrorCode.None, await Stop(-2, delete: true, TopicId));
        Assert.Null(_logs.Find(Id));

        Assert.Equal(ErrorCode.None, await Give(Order(leader: Me, epoch: 0, isr: [Me]), OtherTopicId));
        Assert.Equal(0, _partitions.Find(Id)!.LogEndOffset);
    }

    [Fact]
    public async Task A_stopped_replica_that_a_handler_still_holds_answers_nothing_more()
    {
        await Give(Order(leader: Me, epoch: 0, isr: [Me]));
        var held = _partitions.Find(Id)!;
        await Stop(-1, delete: true, TopicId);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Append(held, "late").Error);
        Assert.Equal(0, held.ApplyRetention());
    }

    [Fact]
    public async Task KAFKA_9769_an_order_that_zookeeper_cut_short_changes_no_role()
    {
        await Give(Order(leader: Me, epoch: 0, isr: [Me]));
        _configsFail = true;
        var elsewhere = new PartitionOrder { Topic = "new", Partition = 0, Leader = Me, LeaderEpoch = 0, Isr = [Me], Replicas = [Me], IsNew = true };
        var order = new LeaderAndIsrOrder { BrokerEpoch = Life.Value, Partitions = [Order(leader: 2, epoch: 1, isr: [2]), elsewhere] };

        await Assert.ThrowsAsync<IOException>(async () => await _roles.ApplyAsync(order, TestContext.Current.CancellationToken));

        Assert.Equal((true, new LeaderEpoch(0)), (_partitions.Find(Id)!.IsLeader, _partitions.Find(Id)!.LeaderEpoch));
        Assert.Empty(_leader.Opened);
    }

    [Fact]
    public async Task KAFKA_9769_a_role_that_cannot_be_taken_leaves_the_old_one_following()
    {
        await Give(Order(leader: 2, epoch: 0, isr: [Me, 2]));
        await _leader.FetchAsync();
        Directory.Delete(Path.Combine(_folder, Id.ToString()), recursive: true);
        Assert.Equal(ErrorCode.KafkaStorageError, await Give(Order(leader: Me, epoch: 1, isr: [Me, 2])));
        Assert.Equal((false, new LeaderEpoch(0)), (_partitions.Find(Id)!.IsLeader, _partitions.Find(Id)!.LeaderEpoch));
    }

    private async Task<ErrorCode> Give(PartitionOrder role, Guid? topicId = null)
    {
        var order = new LeaderAndIsrOrder
        {
            ControllerId = 9,
            ControllerEpoch = 1,
            BrokerEpoch = Life.Value,
            Partitions = [topicId is { } id ? WithTopicId(role, id) : role],
            Leaders = [new LiveBroker { Id = 2, Endpoints = [new LiveEndpoint { Listener = "PLAINTEXT", SecurityProtocol = "PLAINTEXT", Host = "two", Port = 9094 }] }],
        };
        var answer = await _roles.ApplyAsync(order, TestContext.Current.CancellationToken);
        return (ErrorCode)Assert.Single(answer.Partitions).ErrorCode;
    }

    private async Task<ErrorCode> Stop(int epoch, bool delete, Guid topicId)
    {
        var order = new StopReplicaOrder
        {
            BrokerEpoch = Life.Value,
            Partitions = [new StoppedPartition { Topic = Id.Topic, Partition = Id.Partition, LeaderEpoch = epoch, Delete = delete, TopicId = topicId }],
        };
        var answer = await _roles.ApplyAsync(order, TestContext.Current.CancellationToken);
        return (ErrorCode)Assert.Single(answer.Partitions).ErrorCode;
    }

    private static PartitionOrder WithTopicId(PartitionOrder role, Guid id) => new()
    {
        Topic = role.Topic,
        TopicId = id,
        Partition = role.Partition,
        ControllerEpoch = role.ControllerEpoch,
        Leader = role.Leader,
        LeaderEpoch = role.LeaderEpoch,
        Isr = role.Isr,
        Replicas = role.Replicas,
        IsNew = role.IsNew,
    };

    private Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> Configs(IReadOnlyCollection<string> topics, CancellationToken ct) =>
        _configsFail ? throw new IOException("the session is lost") : Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(
            topics.ToDictionary(t => t, _ => (IReadOnlyDictionary<string, string>)_topicConfig));

    private ReplicationThrottles Throttles()
    {
        RateWindow Window() => new(11, TimeSpan.FromSeconds(1), _time);
        return new ReplicationThrottles(Me, Window(), Window(), NullLogger<ReplicationThrottles>.Instance);
    }

    private sealed class NoController : IHandOverRequests
    {
        public Task<IReadOnlyDictionary<HandOverWish, HandOverReply>> AskAsync(IReadOnlyCollection<HandOverWish> wishes, CancellationToken ct) => throw new NotSupportedException();
    }

    private sealed class NoZooKeeper : IIsrWriter
    {
        public Task<IsrWriteResult> WriteAsync(TopicPartition id, IsrProposal proposal, CancellationToken ct) => throw new NotSupportedException();

        public Task AnnounceAsync(IReadOnlyCollection<TopicPartition> changed, CancellationToken ct) => throw new NotSupportedException();
    }
}
