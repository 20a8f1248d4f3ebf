using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Unit.Metadata;

public sealed class MetadataHandlerTests : IAutoTopicCreation
{
    private static readonly Guid TopicId = Guid.Parse("11111111-1111-1111-1111-111111111111");

    private readonly MetadataCache _cache = new();
    private readonly List<string> _created = [];
    private ErrorCode _creation = ErrorCode.None;

    public MetadataHandlerTests() => _cache.Apply(new UpdateMetadataOrder
    {
        ControllerId = 1,
        Brokers = [Broker(2, "OUTSIDE", "PLAINTEXT"), Broker(1, "PLAINTEXT", "CONTROLPLANE"), Broker(3, "OUTSIDE")],
        Partitions =
        [
            new() { Topic = "a", TopicId = TopicId, Partition = 1, Leader = 3, LeaderEpoch = 5, Replicas = [3, 1], Isr = [3] },
            new() { Topic = "a", TopicId = TopicId, Partition = 0, Leader = 1, LeaderEpoch = 4, Replicas = [1, 2, 9], Isr = [1, 2] },
            new() { Topic = "a", TopicId = TopicId, Partition = 2, Leader = 9, LeaderEpoch = 6, Replicas = [9], Isr = [9] },
            new() { Topic = "__consumer_offsets", TopicId = Guid.NewGuid(), Partition = 0, Leader = 1, Replicas = [1], Isr = [1] },
        ],
    });

    [Fact]
    public async Task Brokers_are_those_of_the_clients_listener_and_never_the_control_plane()
    {
        var response = await AskAsync(12, (string[]?)null);

        Assert.Equal([(1, 9101), (2, 9102)], response.Brokers.Select(b => (b.NodeId, b.Port)));
        Assert.Equal((1, "cluster"), (response.ControllerId, response.ClusterId));
    }

    [Fact]
    public async Task Null_means_all_topics_and_an_empty_list_none()
    {
        Assert.Equal(["__consumer_offsets", "a"], (await AskAsync(12, (string[]?)null)).Topics.Select(t => t.Name));
        Assert.Empty((await AskAsync(12, [])).Topics);
    }

    [Fact]
    public async Task An_empty_list_means_all_topics_in_version_0()
    {
        Assert.Equal(2, (await AskAsync(0, [])).Topics.Count);
    }

    [Fact]
    public async Task A_partition_led_by_a_dead_broker_or_one_without_the_listener_has_no_leader()
    {
        var partitions = (await AskAsync(12, ["a"])).Topics[0].Partitions;

        Assert.Equal([ErrorCode.None, ErrorCode.ListenerNotFound, ErrorCode.LeaderNotAvailable], partitions.Select(p => p.ErrorCode));
        Assert.Equal([1, -1, -1], partitions.Select(p => p.LeaderId));
        Assert.Equal([4, 5, 6], partitions.Select(p => p.LeaderEpoch));
        Assert.Equal([9], partitions[0].OfflineReplicas);
    }

    [Fact]
    public async Task Old_clients_know_no_missing_listener_and_version_0_hides_unreachable_replicas()
    {
        Assert.Equal(ErrorCode.LeaderNotAvailable, (await AskAsync(5, ["a"])).Topics[0].Partitions[1].ErrorCode);
        var partition = (await AskAsync(0, ["a"])).Topics[0].Partitions[0];
        Assert.Equal((ErrorCode.ReplicaNotAvailable, 1), (partition.ErrorCode, partition.LeaderId));
        Assert.Equal([1, 2], partition.ReplicaNodes);
    }

    [Fact]
    public async Task A_topic_may_be_asked_for_by_id()
    {
        var unknown = Guid.NewGuid();
        var response = await AskAsync(12, new MetadataRequest
        {
            Topics = [new() { Name = null, TopicId = TopicId }, new() { Name = null, TopicId = unknown }],
        });

        Assert.Equal([("a", ErrorCode.None), (null, ErrorCode.UnknownTopicId)], response.Topics.Select(t => (t.Name, t.ErrorCode)));
        Assert.Equal(unknown, response.Topics[1].TopicId);
    }

    [Fact]
    public async Task Before_version_12_an_id_is_an_invalid_request()
    {
        var response = await AskAsync(11, new MetadataRequest { Topics = [new() { Name = "a", TopicId = TopicId }] });

        Assert.Equal(ErrorCode.InvalidRequest, Assert.Single(response.Topics).ErrorCode);
    }

    [Fact]
    public async Task An_unknown_topic_is_created_when_both_sides_allow_it()
    {
        Assert.Equal(ErrorCode.LeaderNotAvailable, (await AskAsync(12, ["new"])).Topics[0].ErrorCode);
        Assert.Equal(["new"], _created);
    }

    [Fact]
    public async Task Why_a_topic_was_not_created_is_passed_on()
    {
        _creation = ErrorCode.InvalidReplicationFactor;

        Assert.Equal(ErrorCode.InvalidReplicationFactor, (await AskAsync(12, ["new"])).Topics[0].ErrorCode);
    }

    [Fact]
    public async Task A_client_or_a_broker_that_forbids_creation_gets_unknown_topic()
    {
        var declined = await AskAsync(12, new MetadataRequest { Topics = [new() { Name = "new" }], AllowAutoTopicCreation = false });
        var forbidden = await AskAsync(12, ["new"], autoCreate: false);

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, declined.Topics[0].ErrorCode);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, forbidden.Topics[0].ErrorCode);
        Assert.Empty(_created);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a b")]
    [InlineData("ä")]
    public async Task An_illegal_name_is_an_invalid_topic_and_never_created(string name)
    {
        Assert.Equal(ErrorCode.InvalidTopicException, (await AskAsync(12, [name])).Topics[0].ErrorCode);
        Assert.Empty(_created);
    }

    [Fact]
    public async Task Allowed_operations_are_told_only_when_asked()
    {
        Assert.Equal(int.MinValue, (await AskAsync(12, ["a"])).Topics[0].TopicAuthorizedOperations);
        var asked = await AskAsync(12, new MetadataRequest { Topics = [new() { Name = "a" }], IncludeTopicAuthorizedOperations = true });
        Assert.Equal(0b1101_1111_1000, asked.Topics[0].TopicAuthorizedOperations);
    }

    public ValueTask<ErrorCode> CreateAsync(string topic, CancellationToken ct)
    {
        _created.Add(topic);
        return new(_creation);
    }

    private Task<MetadataResponse> AskAsync(short version, string[]? topics, bool autoCreate = true) =>
        AskAsync(version, new MetadataRequest { Topics = topics?.Select(t => new MetadataRequest.MetadataRequestTopic { Name = t }).ToList() }, autoCreate);

    private async Task<MetadataResponse> AskAsync(short version, MetadataRequest request, bool autoCreate = true)
    {
        var handler = new MetadataHandler(
            _cache, new BrokerIdentity(1, "cluster"), new BrokerOptions { Topics = new TopicDefaults { AutoCreate = autoCreate } }, this);
        var result = await handler.HandleAsync(request, new RequestContext(version, 0, null, "PLAINTEXT", "PLAINTEXT", null, default));
        return result.Response!;
    }

    private static LiveBroker Broker(int id, params string[] listeners) => new()
    {
        Id = id,
        Endpoints = [.. listeners.Select((listener, i) => new LiveEndpoint { Listener = listener, SecurityProtocol = "PLAINTEXT", Host = "h", Port = (listener == "PLAINTEXT" ? 9100 : 9200) + id })],
    };
}
