using System.Collections.Immutable;
using ClassicBroker.Broker.ControlPlane;

namespace ClassicBroker.Broker.Metadata;

/// <summary>One topic as this broker tells clients about it. Immutable.</summary>
/// <param name="Name">The topic's name.</param>
/// <param name="TopicId">The topic's id; <see cref="Guid.Empty"/> for a topic created without one.</param>
/// <param name="Partitions">By partition number; numbers may have gaps while orders are under way.</param>
public sealed record TopicMetadata(string Name, Guid TopicId, ImmutableDictionary<int, PartitionMetadata> Partitions);
