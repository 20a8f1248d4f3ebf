namespace ClassicBroker.Broker.Groups;

/// <summary>
/// Which partition of an internal topic an id belongs to: abs(Java's string hash) mod the partition count, as in Kafka, so that a cluster taken over
/// from Kafka finds its groups where they are. Java counts UTF-16 units; abs of the smallest integer is 0 (Utils.abs).
/// </summary>
public static class JavaHash
{
    public static int PartitionOf(string id, int partitions)
    {
        var hash = 0;
        foreach (var unit in id) hash = unchecked(31 * hash + unit);
        return (hash == int.MinValue ? 0 : Math.Abs(hash)) % partitions;
    }
}
