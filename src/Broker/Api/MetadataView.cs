using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// One snapshot as a client on one listener sees it in one version of the API. The rules are Kafka's (ZkMetadataCache):
/// a leader that is not alive gives LEADER_NOT_AVAILABLE; one alive but without the client's listener LISTENER_NOT_FOUND (before version 6
/// LEADER_NOT_AVAILABLE); version 0 hides replicas it cannot give an address for and says REPLICA_NOT_AVAILABLE.
/// </summary>
internal sealed class MetadataView(MetadataSnapshot snapshot, string listener, short version)
{
    private const int NoLeader = -1;

    /// <summary>Brokers reachable on the client's listener, ascending by id.</summary>
    public List<MetadataResponse.MetadataResponseBroker> Brokers()
    {
        var brokers = new List<MetadataResponse.MetadataResponseBroker>(snapshot.Brokers.Count);
        foreach (var broker in snapshot.Brokers.Values.OrderBy(b => b.Id))
        {
            if (broker.On(listener) is { } endpoint)
            {
                brokers.Add(new() { NodeId = broker.Id, Host = endpoint.Host, Port = endpoint.Port, Rack = broker.Rack });
            }
        }

        return brokers;
    }

    public MetadataResponse.MetadataResponseTopic? Find(string name) =>
        snapshot.Topics.TryGetValue(name, out var topic) ? Topic(topic) : null;

    public MetadataResponse.MetadataResponseTopic TopicById(Guid id) =>
        snapshot.TopicNames.TryGetValue(id, out var name) && Find(name) is { } topic
            ? topic
            : new() { ErrorCode = ErrorCode.UnknownTopicId, TopicId = id, Name = null };

    public MetadataResponse.MetadataResponseTopic Failed(string name, ErrorCode error) =>
        new() { ErrorCode = error, Name = name, IsInternal = TopicNames.IsInternal(name) };

    public MetadataResponse.MetadataResponseTopic Topic(TopicMetadata topic) => new()
    {
        Name = topic.Name,
        TopicId = topic.TopicId,
        IsInternal = TopicNames.IsInternal(topic.Name),
        Partitions = [.. topic.Partitions.Values.OrderBy(p => p.Partition).Select(Partition)],
    };

    private MetadataResponse.MetadataResponsePartition Partition(PartitionMetadata partition)
    {
        var replicas = Shown(partition.Replicas);
        var isr = Shown(partition.Isr);
        var reachable = IsReachable(partition.Leader);
        return new()
        {
            ErrorCode = Error(partition, replicas, isr, reachable),
            PartitionIndex = partition.Partition,
            LeaderId = reachable ? partition.Leader : NoLeader,
            LeaderEpoch = partition.LeaderEpoch,
            ReplicaNodes = replicas,
            IsrNodes = isr,
            OfflineReplicas = [.. partition.Replicas.Where(r => partition.OfflineReplicas.Contains(r) || !snapshot.Brokers.ContainsKey(r))],
        };
    }

    private ErrorCode Error(PartitionMetadata partition, List<int> replicas, List<int> isr, bool leaderReachable)
    {
        if (!leaderReachable)
        {
            return version >= 6 && snapshot.Brokers.ContainsKey(partition.Leader) ? ErrorCode.ListenerNotFound : ErrorCode.LeaderNotAvailable;
        }

        return replicas.Count < partition.Replicas.Length || isr.Count < partition.Isr.Length ? ErrorCode.ReplicaNotAvailable : ErrorCode.None;
    }

    private List<int> Shown(int[] replicas) => version == 0 ? [.. replicas.Where(IsReachable)] : [.. replicas];

    private bool IsReachable(int brokerId) => snapshot.Brokers.GetValueOrDefault(brokerId)?.On(listener) is not null;
}
