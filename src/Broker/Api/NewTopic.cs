using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Api;

/// <summary>A topic somebody wants. Either a count and a replication factor (−1: the broker's default), or an explicit assignment.</summary>
public sealed record NewTopic(string Name, int Partitions = -1, int ReplicationFactor = -1)
{
    /// <summary>Replicas by partition; null to let the broker place them.</summary>
    public IReadOnlyDictionary<int, int[]>? Assignment { get; init; }

    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();
}

/// <summary>What became of it: the stored (or only checked) assignment, or why not.</summary>
public readonly record struct TopicCreationResult(ErrorCode Error, string? Message, TopicAssignment? Topic)
{
    public static TopicCreationResult Refused(ErrorCode error, string message) => new(error, message, null);
}
