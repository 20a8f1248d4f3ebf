using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Replication;

public class FetcherIndexTests
{
    [Theory]
    [InlineData("", 0, 4, 0)]
    [InlineData("a", 0, 4, 3)]        // 31 * 97 + 0 = 3007
    [InlineData("a", 1, 4, 0)]
    [InlineData("orders", 7, 1, 0)]
    public void Partitions_are_spread_by_java_s_string_hash(string topic, int partition, int fetchers, int index) =>
        Assert.Equal(index, FetcherIndex.Of(new TopicPartition(topic, partition), fetchers));
}
