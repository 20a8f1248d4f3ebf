using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Unit.Clients;

public class ClusterSnapshotTests
{
    [Fact]
    public void An_answer_about_some_topics_leaves_the_others_and_one_about_all_does_not()
    {
        ClusterSnapshot both = ClusterSnapshot.Empty
            .With(Answer("a", leader: 1), allTopics: false)
            .With(Answer("b", leader: 2), allTopics: false);
        Assert.Equal(["a", "b"], both.Topics.Keys);
        Assert.Equal(1, both.Find(new TopicPartition("a", 0))!.Leader);
        ClusterSnapshot moved = both.With(Answer("a", leader: 3), allTopics: false);
        Assert.Equal(3, moved.Find(new TopicPartition("a", 0))!.Leader);
        Assert.Equal(["b"], both.With(Answer("b", leader: 2), allTopics: true).Topics.Keys);
        Assert.Null(moved.Find(new TopicPartition("a", 1)));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData(":9092")]
    [InlineData("")]
    public void A_bootstrap_list_without_a_usable_address_is_refused(string servers) =>
        Assert.Throws<ArgumentException>(() => new ClusterMetadata(ClusterOptions.For(servers)));

    private static MetadataResponse Answer(string topic, int leader) => new()
    {
        Brokers = [new() { NodeId = leader, Host = "h", Port = 9092 }],
        Topics = [new() { Name = topic, Partitions = [new() { PartitionIndex = 0, LeaderId = leader }] }],
    };
}
