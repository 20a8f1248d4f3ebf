using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>A topic's own configuration as ZooKeeper holds it; empty when nothing is set.</summary>
public delegate Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigs(IReadOnlyCollection<string> topics, CancellationToken ct);

/// <summary>
/// Does what the controller orders: makes replicas leaders or followers, creates their logs, points the fetch loops at the leaders, stops and deletes. The
/// <see cref="OrderFence"/> has checked controller epoch and broker epoch; here each partition checks its leader epoch (an equal one is a repeated
/// order and ignored) and the topic id (another id is another topic of the same name: INCONSISTENT_TOPIC_ID, nothing touched).
/// </summary>
/// <remarks>Orders come one at a time (the control plane's receiver); this class is the only writer of <see cref="PartitionRegistry"/>.</remarks>
public sealed class RoleChanges(
    PartitionRegistry partitions,
    LogDirectories logs,
    LogOptions defaults,
    TopicConfigs topicConfigs,
    FollowerFetchers fetchers,
    IsrUpdates isrUpdates,
    HandOvers handOvers,
    ReplicationThrottles throttles,
    ReplicationSettings settings,
    string interBrokerListener,
    ILeadershipFence fence,
    TimeProvider time,
    ILoggerFactory loggers) : ILeadershipOrders
{
    private readonly ILogger _logger = loggers.CreateLogger<RoleChanges>();
    /// <summary>Raised after every change of role that was taken: whether this broker now leads the partition. Also when it is stopped.</summary>
    public event Action<Partition, bool>? LeadershipChanged;

    private readonly ILogger _partitionLogger = loggers.CreateLogger<Partition>();

    public async ValueTask<LeaderAndIsrAnswer> ApplyAsync(LeaderAndIsrOrder order, CancellationToken ct)
    {
        var before = new Before(await ConfigsOfNewAsync(order, ct));
        var answer = new LeaderAndIsrAnswer();
        var follow = new List<FollowerAssignment>();
        foreach (var partition in order.Partitions)
        {
            var error = Apply(partition, order, before, follow);
            answer.Partitions.Add(new PartitionAnswer { Topic = partition.Topic, Partition = partition.Partition, ErrorCode = (short)error });
        }
        fetchers.Assign(follow);
        return answer;
    }

    public ValueTask<StopReplicaAnswer> ApplyAsync(StopReplicaOrder order, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var answer = new StopReplicaAnswer();
        foreach (var stopped in order.Partitions)
        {
            var error = Stop(stopped);
            answer.Partitions.Add(new PartitionAnswer { Topic = stopped.Topic, Partition = stopped.Partition, ErrorCode = (short)error });
        }
        return ValueTask.FromResult(answer);
    }

    /// <summary>Settings of the topics this broker gets a first replica of; read once per order, before anything is changed.</summary>
    private async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ConfigsOfNewAsync(LeaderAndIsrOrder order, CancellationToken ct)
    {
        string[] topics = [.. order.Partitions
            .Where(p => partitions.Find(new TopicPartition(p.Topic, p.Partition)) is null)
            .Select(p => p.Topic).Distinct()];
        return topics.Length == 0 ? new Dictionary<string, IReadOnlyDictionary<string, string>>() : await topicConfigs(topics, ct);
    }

    private ErrorCode Apply(PartitionOrder role, LeaderAndIsrOrder order, Before before, List<FollowerAssignment> follow)
    {
        try
        {
            var id = new TopicPartition(role.Topic, role.Partition);
            var partition = partitions.Find(id);
            if (partition is not null && IsOtherTopic(partition.TopicId, role.TopicId)) return ErrorCode.InconsistentTopicId;
            // before the epochs are compared: the controller asks with an order it gave before, to learn what a failed disk took away
            if (partition is { Log.IsOffline: true }) return ErrorCode.KafkaStorageError;
            if (partition is not null && new LeaderEpoch(role.LeaderEpoch) < partition.LeaderEpoch) return ErrorCode.StaleControllerEpoch;
            partition ??= Open(id, role, before);
            return TakeRole(partition, role, order, follow);
        }
        catch (InconsistentTopicIdException other)
        {
            _logger.LogError("{Topic}-{Partition}: {Reason}", role.Topic, role.Partition, other.Message);
            return ErrorCode.InconsistentTopicId;
        }
        catch (IOException broken)
        {
            _logger.LogError(broken, "{Topic}-{Partition}: the log cannot be opened", role.Topic, role.Partition);
            return ErrorCode.KafkaStorageError;
        }
    }

    private ErrorCode TakeRole(Partition partition, PartitionOrder role, LeaderAndIsrOrder order, List<FollowerAssignment> follow)
    {
        // All or nothing (KAFKA-9769): a role that cannot be taken leaves the old one, and what it fetches, as it was. What the loop still has in flight
        // for the old epoch is dropped by the partition itself.
        if (!partition.TakeRole(role, new BrokerEpoch(order.BrokerEpoch))) return ErrorCode.StaleControllerEpoch;
        fetchers.Unassign(partition.Id);

        LeadershipChanged?.Invoke(partition, role.Leader == settings.BrokerId);
        if (role.Leader >= 0 && role.Leader != settings.BrokerId) Follow(partition, role, order, follow);
        _logger.LogInformation("{Partition}: leader {Leader} in epoch {Epoch}, ISR [{Isr}]",
            partition.Id, role.Leader, role.LeaderEpoch, string.Join(",", role.Isr));
        return ErrorCode.None;
    }

    private void Follow(Partition partition, PartitionOrder role, LeaderAndIsrOrder order, List<FollowerAssignment> follow)
    {
        var endpoint = order.Leaders.Find(b => b.Id == role.Leader)?.On(interBrokerListener);
        if (endpoint is null)
        {
            _logger.LogError("{Partition}: the order names no {Listener} address of leader {Leader}; not following", partition.Id, interBrokerListener, role.Leader);
            return;
        }
        follow.Add(new FollowerAssignment(
            partition, new LeaderEpoch(role.LeaderEpoch), new LeaderAddress(role.Leader, endpoint.Host, endpoint.Port, endpoint.SecurityProtocol)));
    }

    private Partition Open(TopicPartition id, PartitionOrder role, Before before)
    {
        var options = before.Configs.GetValueOrDefault(role.Topic) is { Count: > 0 } own ? defaults.WithTopicConfig(own) : defaults;
        var log = logs.GetOrCreate(id, role.TopicId, options, role.IsNew);
        if (log.TopicId is { } known && IsOtherTopic(known, role.TopicId))
            throw new InconsistentTopicIdException($"the log on disk belongs to topic id {known}, the order is about {role.TopicId}");
        log.Options = options;
        var highWatermark = before.HighWatermarks(logs.DirectoryOf(log)).GetValueOrDefault(id, log.LogStartOffset);
        var partition = new Partition(id, role.TopicId, log, highWatermark, settings, fence, time, _partitionLogger);
        partition.IsrProposed += isrUpdates.Enqueue;
        partition.HandOverWanted += handOvers.Enqueue;
        throttles.TopicConfigChanged(id.Topic, before.Configs.GetValueOrDefault(id.Topic) ?? new Dictionary<string, string>());
        partitions.Add(partition);
        return partition;
    }

    private ErrorCode Stop(StoppedPartition stopped)
    {
        var id = new TopicPartition(stopped.Topic, stopped.Partition);
        try
        {
            if (partitions.Find(id) is { } partition)
            {
                if (IsOtherTopic(partition.TopicId, stopped.TopicId)) return ErrorCode.InconsistentTopicId;
                if (stopped.LeaderEpoch >= 0 && new LeaderEpoch(stopped.LeaderEpoch) < partition.LeaderEpoch) return ErrorCode.FencedLeaderEpoch;
                fetchers.Unassign(id);
                partition.Stop();
                LeadershipChanged?.Invoke(partition, false);
                partitions.Remove(partition);
            }
            if (!stopped.Delete || logs.Find(id) is not { } log) return ErrorCode.None;
            if (log.TopicId is { } known && IsOtherTopic(known, stopped.TopicId)) return ErrorCode.InconsistentTopicId;
            logs.Delete(id);
            return ErrorCode.None;
        }
        catch (IOException broken)
        {
            _logger.LogError(broken, "{Partition}: the log cannot be deleted", id);
            return ErrorCode.KafkaStorageError;
        }
    }

    private static bool IsOtherTopic(Guid known, Guid named) => known != Guid.Empty && named != Guid.Empty && known != named;

    /// <summary>What an order needs to know beforehand, each thing read once per order: topic configurations, and the watermarks of the last run.</summary>
    private sealed record Before(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Configs)
    {
        private readonly Dictionary<LogDirectory, IReadOnlyDictionary<TopicPartition, long>> _highWatermarks = [];

        public IReadOnlyDictionary<TopicPartition, long> HighWatermarks(LogDirectory directory)
        {
            if (_highWatermarks.TryGetValue(directory, out var known)) return known;
            return _highWatermarks[directory] = directory.ReadHighWatermarks();
        }
    }

    private sealed class InconsistentTopicIdException(string message) : Exception(message);
}
