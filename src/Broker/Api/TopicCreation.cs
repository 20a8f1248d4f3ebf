using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Controller;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Checks a wanted topic, places its replicas on the live brokers and writes it to ZooKeeper; the controller sees it there and gives it leaders.
/// Used by CreateTopics on the controller, and by Metadata's auto-creation on any broker (as in Kafka, straight into ZooKeeper).
/// </summary>
public sealed class TopicCreation(TopicStore topics, BrokerRegistry brokers, BrokerOptions options, Random random) : IAutoTopicCreation
{
    /// <summary>Most partitions one topic may be created with: its assignment must fit one znode of ZooKeeper's default size (1 MiB).</summary>
    public const int MaxPartitions = 20_000;

    /// <param name="validateOnly">Check and place, but write nothing.</param>
    public async Task<TopicCreationResult> CreateAsync(NewTopic wanted, bool validateOnly, CancellationToken ct)
    {
        try
        {
            await CheckNameAsync(wanted.Name, ct);
            TopicConfigRules.Check(wanted.Config);
            var live = await brokers.ListAsync(ct);
            var replicas = wanted.Assignment is { } given ? Checked(given, live) : Placed(wanted, live);
            var topic = new TopicAssignment(wanted.Name, KafkaUuid.Fresh(), replicas);
            if (!validateOnly && !await topics.CreateAsync(topic, wanted.Config, ct)) throw Exists(wanted.Name);
            return new TopicCreationResult(ErrorCode.None, null, topic);
        }
        catch (RequestRefusedException e)
        {
            return TopicCreationResult.Refused(e.Code, e.Message);
        }
        catch (ZooKeeperException e)
        {
            // Without a session this broker is not the controller any more; the client looks for the next one.
            var code = e.Error == ZooKeeperError.SessionExpired ? ErrorCode.NotController : ErrorCode.UnknownServerError;
            return TopicCreationResult.Refused(code, $"ZooKeeper: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ErrorCode> CreateAsync(string topic, CancellationToken ct) =>
        (await CreateAsync(new NewTopic(topic), validateOnly: false, ct)).Error;

    private static RequestRefusedException Exists(string name) => new(ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");

    private async Task CheckNameAsync(string name, CancellationToken ct)
    {
        if (!TopicNames.IsLegal(name))
            throw new RequestRefusedException(ErrorCode.InvalidTopicException,
                $"Topic name '{name}' is illegal: 1 to {TopicNames.MaxLength} letters, digits, '.', '_' and '-', and not '.' or '..'.");
        var existing = await topics.ListAsync(ct);
        if (existing.Contains(name)) throw Exists(name);
        if ((await topics.MarkedForDeletionAsync(ct)).Contains(name))
            throw new RequestRefusedException(ErrorCode.TopicAlreadyExists, $"Topic '{name}' is marked for deletion.");
        // Metrics show dots as underscores, so two such names could not be told apart.
        string same = name.Replace('.', '_');
        if (existing.FirstOrDefault(other => other.Replace('.', '_') == same) is { } collides)
            throw new RequestRefusedException(ErrorCode.InvalidTopicException, $"Topic '{name}' collides with existing topics: {collides}");
    }

    private Dictionary<int, int[]> Placed(NewTopic wanted, IReadOnlyList<BrokerRegistration> live)
    {
        int partitions = wanted.Partitions == -1 ? options.NumPartitions : wanted.Partitions;
        int factor = wanted.ReplicationFactor == -1 ? options.DefaultReplicationFactor : wanted.ReplicationFactor;
        if (partitions is < 1 or > MaxPartitions)
            throw new RequestRefusedException(ErrorCode.InvalidPartitions, $"Number of partitions must be 1 to {MaxPartitions}, not {partitions}.");
        if (factor < 1)
            throw new RequestRefusedException(ErrorCode.InvalidReplicationFactor, "Replication factor must be larger than 0.");
        if (factor > live.Count)
            throw new RequestRefusedException(ErrorCode.InvalidReplicationFactor, $"Replication factor: {factor} larger than available brokers: {live.Count}.");
        try
        {
            return ReplicaPlacement.Assign([.. live.Select(broker => new PlaceableBroker(broker.BrokerId, broker.Rack))],
                partitions, factor, random.Next(live.Count), random.Next(live.Count));
        }
        catch (ArgumentException e)
        {
            throw new RequestRefusedException(ErrorCode.InvalidReplicationFactor, e.Message);
        }
    }

    private static Dictionary<int, int[]> Checked(IReadOnlyDictionary<int, int[]> given, IReadOnlyList<BrokerRegistration> live)
    {
        if (given.Count is 0 or > MaxPartitions || Enumerable.Range(0, given.Count).Any(partition => !given.ContainsKey(partition)))
            throw Refused("Partitions should be a consecutive 0-based integer sequence.");
        int factor = given[0].Length;
        var ids = live.Select(broker => broker.BrokerId).ToHashSet();
        foreach (var (partition, replicas) in given)
        {
            if (replicas.Length == 0) throw Refused($"Partition {partition} has no replicas.");
            if (replicas.Length != factor) throw Refused("All partitions should have the same number of replicas.");
            if (replicas.Distinct().Count() != replicas.Length) throw Refused($"Duplicate replica assignment found for partition {partition}.");
            int dead = Array.FindIndex(replicas, id => !ids.Contains(id));
            if (dead >= 0) throw Refused($"Partition {partition} names broker {replicas[dead]}, which is not alive.");
        }
        return given.ToDictionary();

        static RequestRefusedException Refused(string why) => new(ErrorCode.InvalidReplicaAssignment, why);
    }
}
