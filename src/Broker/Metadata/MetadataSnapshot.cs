using System.Collections.Immutable;
using ClassicBroker.Broker.ControlPlane;

namespace ClassicBroker.Broker.Metadata;

/// <summary>
/// The cluster as the controller last described it to this broker. Immutable: a reader that holds one sees no change under its
/// hands, and needs no lock. Brokers and topics share structure with the previous snapshot, so a small change costs little.
/// </summary>
/// <param name="Brokers">Live brokers by id.</param>
/// <param name="Topics">Topics by name; a deleted topic is absent.</param>
/// <param name="TopicNames">Names by topic id, for requests that address topics by id.</param>
/// <param name="ControllerId">The controller that sent the last order; null before the first.</param>
public sealed record MetadataSnapshot(
    ImmutableDictionary<int, LiveBroker> Brokers,
    ImmutableDictionary<string, TopicMetadata> Topics,
    ImmutableDictionary<Guid, string> TopicNames,
    int? ControllerId)
{
    /// <summary>What a broker knows before the controller has spoken: nothing.</summary>
    public static MetadataSnapshot Empty { get; } = new(
        ImmutableDictionary<int, LiveBroker>.Empty,
        ImmutableDictionary.Create<string, TopicMetadata>(StringComparer.Ordinal),
        ImmutableDictionary<Guid, string>.Empty,
        null);

    /// <summary>The partition's state, or null when topic or partition is unknown here.</summary>
    public PartitionMetadata? FindPartition(string topic, int partition) =>
        Topics.TryGetValue(topic, out var found) ? found.Partitions.GetValueOrDefault(partition) : null;
}
