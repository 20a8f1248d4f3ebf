using System.Text;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using CsCheck;

namespace ClassicBroker.Unit.Controller;

/// <summary>The payloads here are as Kafka 3.9 and its predecessors write them.</summary>
public sealed class ZNodeTests
{
    [Fact]
    public void A_broker_of_version_5_is_read_and_written()
    {
        const string json = """{"version":5,"host":"localhost","port":9092,"jmx_port":-1,"timestamp":"1700000000000","endpoints":["PLAINTEXT://localhost:9092","INSIDE://[::1]:9093"],"rack":"a","listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","INSIDE":"SSL"},"features":{}}""";

        var broker = BrokerIdNode.Decode(3, Bytes(json), new BrokerEpoch(42));

        Assert.Equal((3, "a", 42L), (broker.BrokerId, broker.Rack, broker.Epoch.Value));
        Assert.Equal([new("PLAINTEXT", "PLAINTEXT", "localhost", 9092), new("INSIDE", "SSL", "::1", 9093)], broker.Endpoints);
        Assert.Equal(json, Encoding.UTF8.GetString(BrokerIdNode.Encode(broker, 1_700_000_000_000)));
    }

    [Fact]
    public void Brokers_of_the_oldest_versions_are_read()
    {
        var first = BrokerIdNode.Decode(1, Bytes("""{"version":1,"host":"h","port":9092,"jmx_port":-1}"""), new BrokerEpoch(1));
        var second = BrokerIdNode.Decode(1, Bytes("""{"version":2,"host":"h","port":9092,"jmx_port":9999,"timestamp":"1","endpoints":["SSL://h:9093"]}"""), new BrokerEpoch(1));

        Assert.Equal([new BrokerEndpoint("PLAINTEXT", "PLAINTEXT", "h", 9092)], first.Endpoints);
        Assert.Equal([new BrokerEndpoint("SSL", "SSL", "h", 9093)], second.Endpoints);
    }

    [Fact]
    public void A_broker_without_a_plaintext_listener_has_no_host_and_port()
    {
        var broker = new BrokerRegistration(1, [new("SSL", "SSL", "h", 9093)], null, BrokerEpoch.None);

        string json = Encoding.UTF8.GetString(BrokerIdNode.Encode(broker, 1));

        Assert.Contains("\"host\":null,\"port\":-1", json);
        Assert.DoesNotContain("rack", json);
    }

    [Theory]
    [InlineData("""{"version":1,"brokerid":4,"timestamp":"1700000000000"}""")]
    [InlineData("""{"version":2,"brokerid":4,"timestamp":"1700000000000","kraftControllerEpoch":-1}""")]
    public void The_controller_is_read_in_both_versions(string json) => Assert.Equal(4, ControllerNode.Decode(Bytes(json)));

    [Fact]
    public void The_controller_epoch_is_plain_text()
    {
        Assert.Equal(new ControllerEpoch(17), ControllerEpochNode.Decode("17"u8));
        Assert.Equal("17"u8.ToArray(), ControllerEpochNode.Encode(new ControllerEpoch(17)));
        Assert.Throws<ZNodeFormatException>(() => ControllerEpochNode.Decode("x"u8));
    }

    [Fact]
    public void A_topic_of_version_3_is_read_and_written()
    {
        const string json = """{"version":3,"partitions":{"0":[1,2],"1":[2,1,3]},"adding_replicas":{"1":[3]},"removing_replicas":{},"topic_id":"kXb4eQHkT3uJQqX0PqWm0A"}""";

        var topic = TopicNode.Decode("t", Bytes(json), new ZkVersion(5));

        Assert.Equal([2, 1, 3], topic.Replicas[1]);
        Assert.Equal([3], topic.Adding[1]);
        Assert.Equal(5, topic.ZkVersion.Value);
        Assert.Equal(json, Encoding.UTF8.GetString(TopicNode.Encode(topic)));
    }

    [Fact]
    public void A_topic_of_version_1_has_no_id()
    {
        var topic = TopicNode.Decode("t", Bytes("""{"version":1,"partitions":{"0":[1]}}"""), new ZkVersion(0));

        Assert.Equal(Guid.Empty, topic.TopicId);
        Assert.DoesNotContain("topic_id", Encoding.UTF8.GetString(TopicNode.Encode(topic)));
    }

    [Theory]
    [InlineData("""{"version":1,"leader":1,"leader_epoch":5,"controller_epoch":3,"isr":[1,2]}""", 0)]
    [InlineData("""{"version":1,"leader":1,"leader_epoch":5,"controller_epoch":3,"isr":[1,2],"leader_recovery_state":1}""", 1)]
    public void A_partition_state_is_read_and_written(string json, int recovery)
    {
        var state = PartitionStateNode.Decode("t", 0, Bytes(json));

        Assert.Equal(State(1, 5, 3, [1, 2], recovery), state);
        Assert.Equal(json, Encoding.UTF8.GetString(PartitionStateNode.Encode(state)));
    }

    [Fact]
    public void The_cluster_id_has_a_version_that_is_a_string()
    {
        const string json = """{"version":"1","id":"4L6g3nShT-eMCtK--X86sw"}""";

        Assert.Equal("4L6g3nShT-eMCtK--X86sw", ClusterIdNode.Decode(Bytes(json)));
        Assert.Equal(json, Encoding.UTF8.GetString(ClusterIdNode.Encode("4L6g3nShT-eMCtK--X86sw")));
    }

    [Fact]
    public void Configuration_and_its_changes_are_read_and_written()
    {
        const string json = """{"version":1,"config":{"retention.ms":"60000"}}""";

        var config = ConfigNode.Decode("/config/topics/t", Bytes(json));

        Assert.Equal("60000", config["retention.ms"]);
        Assert.Equal(json, Encoding.UTF8.GetString(ConfigNode.Encode(config)));
        Assert.Equal("topics/t", ConfigChangeNode.Decode("x", Bytes("""{"version":2,"entity_path":"topics/t"}""")));
        Assert.Equal("topics/t", ConfigChangeNode.Decode("x", Bytes("""{"version":1,"entity_type":"topics","entity_name":"t"}""")));
    }

    [Fact]
    public void Notifications_and_producer_id_blocks_are_read_and_written()
    {
        const string isr = """{"version":1,"partitions":[{"topic":"t","partition":0}]}""";
        const string block = """{"version":1,"broker":1,"block_start":"1000","block_end":"1999"}""";

        Assert.Equal([("t", 0)], IsrChangeNode.Decode("x", Bytes(isr)));
        Assert.Equal(isr, Encoding.UTF8.GetString(IsrChangeNode.Encode([("t", 0)])));
        Assert.Equal(new ProducerIdBlockNode(1, 1000, 1999), ProducerIdBlockNode.Decode(Bytes(block)));
        Assert.Equal(block, Encoding.UTF8.GetString(new ProducerIdBlockNode(1, 1000, 1999).Encode()));
        Assert.Null(ProducerIdBlockNode.Decode([]));
    }

    [Fact]
    public void Unknown_fields_are_ignored() =>
        Assert.Equal(1, PartitionStateNode.Decode("t", 0, Bytes("""{"version":9,"new":{"a":[1]},"leader":1,"leader_epoch":5,"controller_epoch":3,"isr":[1]}""")).Leader);

    [Theory]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"version":1,"leader":"x","leader_epoch":5,"controller_epoch":3,"isr":[1]}""")]
    [InlineData("""{"version":1,"leader":1,"leader_epoch":99999999999,"controller_epoch":3,"isr":[1]}""")]
    [InlineData("""{"version":1,"leader":1,"leader_epoch":5,"controller_epoch":3,"isr":7}""")]
    public void Junk_is_an_error_that_names_the_znode(string junk)
    {
        var error = Assert.Throws<ZNodeFormatException>(() => PartitionStateNode.Decode("orders", 3, Bytes(junk)));

        Assert.Equal("/brokers/topics/orders/partitions/3/state", error.Path);
        Assert.Contains(error.Path, error.Message);
    }

    [Fact]
    public void No_bytes_can_do_more_than_be_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        Refused(() => BrokerIdNode.Decode(1, bytes, BrokerEpoch.None));
        Refused(() => TopicNode.Decode("t", bytes, new ZkVersion(0)));
        Refused(() => PartitionStateNode.Decode("t", 0, bytes));
        Refused(() => ConfigNode.Decode("p", bytes));
        Refused(() => ControllerNode.Decode(bytes));
    });

    [Fact]
    public void Ids_survive_their_text() => Gen.Guid.Sample(id =>
    {
        string text = KafkaUuid.Format(id);
        Assert.Equal(22, text.Length);
        Assert.Equal(id, KafkaUuid.Parse(text));
    });

    private static void Refused(Action decode)
    {
        var thrown = Record.Exception(decode);
        Assert.True(thrown is null or ZNodeFormatException, thrown?.ToString());
    }

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
