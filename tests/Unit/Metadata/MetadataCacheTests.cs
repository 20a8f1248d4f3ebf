using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;

namespace ClassicBroker.Unit.Metadata;

public sealed class MetadataCacheTests
{
    private static readonly Guid First = Guid.Parse("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Second = Guid.Parse("22222222-2222-2222-2222-222222222222");

    private readonly MetadataCache _cache = new();

    [Fact]
    public void Knows_nothing_before_the_first_order()
    {
        Assert.Empty(_cache.Current.Brokers);
        Assert.Null(_cache.Current.ControllerId);
    }

    [Fact]
    public void An_order_adds_to_what_is_known()
    {
        Apply(Partition("a", First, 0, leader: 1));
        Apply(Partition("a", First, 1, leader: 2));
        Apply(Partition("b", Second, 0, leader: 3));

        Assert.Equal([0, 1], _cache.Current.Topics["a"].Partitions.Keys.Order());
        Assert.Equal("b", _cache.Current.TopicNames[Second]);
    }

    [Fact]
    public void The_last_word_on_a_partition_counts()
    {
        Apply(Partition("a", First, 0, leader: 1));
        Apply(Partition("a", First, 0, leader: 2));

        Assert.Equal(2, _cache.Current.FindPartition("a", 0)?.Leader);
    }

    [Fact]
    public void The_brokers_of_an_order_replace_all_others()
    {
        _cache.Apply(new UpdateMetadataOrder { ControllerId = 1, Brokers = [new() { Id = 1 }, new() { Id = 2 }] });
        _cache.Apply(new UpdateMetadataOrder { ControllerId = 2, Brokers = [new() { Id = 2 }] });

        Assert.Equal([2], _cache.Current.Brokers.Keys);
        Assert.Equal(2, _cache.Current.ControllerId);
    }

    [Fact]
    public void A_full_order_forgets_what_it_does_not_name()
    {
        Apply(Partition("a", First, 0, leader: 1));
        _cache.Apply(new UpdateMetadataOrder { Full = true, Partitions = [Partition("b", Second, 0, leader: 1)] });

        Assert.Equal(["b"], _cache.Current.Topics.Keys);
        Assert.Equal([Second], _cache.Current.TopicNames.Keys);
    }

    [Fact]
    public void A_topic_goes_with_its_last_partition()
    {
        Apply(Partition("a", First, 0, leader: 1), Partition("a", First, 1, leader: 1));
        Apply(Partition("a", First, 0, leader: PartitionMetadata.LeaderDeleted));
        Assert.Equal([1], _cache.Current.Topics["a"].Partitions.Keys);

        Apply(Partition("a", First, 1, leader: PartitionMetadata.LeaderDeleted));
        Assert.Empty(_cache.Current.Topics);
        Assert.Empty(_cache.Current.TopicNames);
    }

    [Fact]
    public void A_topic_created_again_keeps_nothing_of_the_old_one()
    {
        Apply(Partition("a", First, 0, leader: 1), Partition("a", First, 1, leader: 1));
        Apply(Partition("a", Second, 0, leader: 2));

        Assert.Equal([0], _cache.Current.Topics["a"].Partitions.Keys);
        Assert.Equal(Second, _cache.Current.Topics["a"].TopicId);
        Assert.Equal([Second], _cache.Current.TopicNames.Keys);
    }

    [Fact]
    public void A_late_deletion_of_the_old_topic_leaves_the_new_one()
    {
        Apply(Partition("a", Second, 0, leader: 2));
        Apply(Partition("a", First, 0, leader: PartitionMetadata.LeaderDeleted));

        Assert.Equal(2, _cache.Current.FindPartition("a", 0)?.Leader);
    }

    [Fact]
    public void A_snapshot_once_taken_does_not_change()
    {
        Apply(Partition("a", First, 0, leader: 1));
        var before = _cache.Current;
        Apply(Partition("a", First, 0, leader: 2));

        Assert.Equal(1, before.FindPartition("a", 0)?.Leader);
    }

    [Fact]
    public async Task Who_waits_for_a_change_is_woken_by_it()
    {
        var waiting = _cache.WaitUntilAsync(s => s.Topics.ContainsKey("a"), Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
        Apply(Partition("b", Second, 0, leader: 1));
        Assert.False(waiting.IsCompleted);
        Apply(Partition("a", First, 0, leader: 1));

        Assert.True(await waiting);
    }

    [Fact]
    public async Task Waiting_without_patience_answers_at_once()
    {
        Assert.False(await _cache.WaitUntilAsync(s => s.Topics.ContainsKey("a"), TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    private void Apply(params List<PartitionMetadata> partitions) => _cache.Apply(new UpdateMetadataOrder { Partitions = partitions });

    private static PartitionMetadata Partition(string topic, Guid id, int partition, int leader) =>
        new() { Topic = topic, TopicId = id, Partition = partition, Leader = leader };
}
