using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Controller;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Broker.Transactions;
using ClassicBroker.Clients.Network;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// The object graph of a broker on one page: which part gets which others. Nothing starts here; <see cref="BrokerServer"/> says in which order
/// things start and stop. The simulator builds the same graph and puts its own network and chance in by <c>seams</c>.
/// </summary>
internal static class BrokerGraph
{
    public static ServiceProvider Build(
        BrokerOptions options, Foundation foundation, ILoggerFactory loggers, TimeProvider time, Action<IServiceCollection>? seams = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(options);
        services.AddSingleton(time);
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(new BrokerIdentity(foundation.BrokerId, foundation.ClusterId));
        services.AddSingleton(foundation.Directories);
        services.AddSingleton(foundation.ZooKeeper);
        services.AddSingleton(foundation.SavedSession);

        AddCoordination(services);
        AddReplication(services, options);
        AddControlPlane(services, options);
        AddGroups(services, options);
        AddApi(services, options);
        services.AddSingleton<Membership>();
        services.AddSingleton<HandOver>();
        services.AddSingleton<LogDirEvents>();
        services.AddSingleton<FailedDirectories>();
        seams?.Invoke(services);
        return services.BuildServiceProvider();
    }

    private static void AddCoordination(IServiceCollection services)
    {
        services.AddSingleton<BrokerRegistry>();
        services.AddSingleton<TopicStore>();
        services.AddSingleton<ConfigStore>();
        services.AddSingleton<ConfigChangeNotifications>();
        services.AddSingleton<PartitionStateStore>();
        services.AddSingleton<IsrChangeNotifications>();
    }

    private static void AddReplication(IServiceCollection services, BrokerOptions options)
    {
        services.AddSingleton<PartitionRegistry>();
        services.AddSingleton<LeadershipGuard>();
        services.AddSingleton<ILeadershipFence>(s => s.GetRequiredService<LeadershipGuard>());
        services.AddSingleton(s => new ReplicationSettings
        {
            BrokerId = s.GetRequiredService<BrokerIdentity>().BrokerId,
            ReplicaLagTimeMax = TimeSpan.FromMilliseconds(options.ReplicaLagTimeMaxMs),
            MayJoinIsr = s.GetRequiredService<IsrEligibility>().MayJoin,
        });
        services.AddSingleton<IsrEligibility>();
        services.AddSingleton<IIsrWriter, ZooKeeperIsrWriter>();
        services.AddSingleton<IsrUpdates>();
        services.AddSingleton<IsrShrinkLoop>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<HighWatermarkCheckpointLoop>(
            s, TimeSpan.FromMilliseconds(options.HighWatermarkCheckpointIntervalMs)));
        services.AddSingleton(s => new RetentionLoop(
            s.GetRequiredService<PartitionRegistry>(), TimeSpan.FromMilliseconds(options.Log.RetentionCheckIntervalMs),
            TimeSpan.FromMilliseconds(options.Log.ClockJumpMaxMs), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<RetentionLoop>>()));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<ProducerExpiryLoop>(s, TimeSpan.FromMilliseconds(options.Log.ProducerIdCheckIntervalMs)));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<LogCleaner>(
            s, new Func<IReadOnlyCollection<ICompactedPartition>>(() => s.GetRequiredService<PartitionRegistry>().All), LogDefaults.CleanerFrom(options.Cleaner)));
        services.AddSingleton(s => new FollowerFetchOptions
        {
            BrokerId = s.GetRequiredService<BrokerIdentity>().BrokerId,
            Fetchers = options.NumReplicaFetchers,
            MaxWaitMs = options.ReplicaFetchWaitMaxMs,
            MinBytes = options.ReplicaFetchMinBytes,
            PartitionMaxBytes = options.ReplicaFetchMaxBytes,
            ResponseMaxBytes = options.ReplicaFetchResponseMaxBytes,
            Backoff = TimeSpan.FromMilliseconds(options.ReplicaFetchBackoffMs),
        });
        services.AddSingleton<ILeaderChannels>(s => new LeaderConnections(
            (leader, index) => ToLeader(s.GetRequiredService<BrokerIdentity>().BrokerId, leader, index, options), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FollowerFetchers>();
        services.AddSingleton(s => Throttles(s, options.Replication));
        services.AddSingleton<IHandOverRequests, ControllerHandOvers>();
        services.AddSingleton<HandOvers>();
        services.AddSingleton<TopicConfigs>(s => s.GetRequiredService<ConfigStore>().ReadTopicsAsync);
        services.AddSingleton(LogDefaults.From(options));
        services.AddSingleton<TopicConfigUpdates>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<ConfigChanges>(s, s.GetRequiredService<BrokerIdentity>().BrokerId,
            new Func<IEnumerable<string>>(() => s.GetRequiredService<PartitionRegistry>().All.Select(partition => partition.Id.Topic))));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<RoleChanges>(s, options.InterBrokerListenerName));
    }

    private static void AddControlPlane(IServiceCollection services, BrokerOptions options)
    {
        services.AddSingleton(new ControlPlaneOptions { RequestTimeout = TimeSpan.FromMilliseconds(options.Controller.SocketTimeoutMs) });
        services.AddSingleton<OrderFence>();
        services.AddSingleton<OrderReceiver>();
        services.AddSingleton<ControlPlaneListener>();
        services.AddSingleton<ControlPlaneChannel>();
        services.AddSingleton<IBrokerChannel>(s => s.GetRequiredService<ControlPlaneChannel>());
        services.AddSingleton<ILeadershipOrders>(s => s.GetRequiredService<RoleChanges>());
        services.AddSingleton<MetadataCache>();
        services.AddSingleton<IMetadataOrders>(s => s.GetRequiredService<MetadataCache>());
        services.AddSingleton(options.Controller);
        services.AddController(Rules(options));
    }

    private static void AddGroups(IServiceCollection services, BrokerOptions options)
    {
        services.AddSingleton(options.Groups);
        services.AddSingleton<ConsumerOffsetStore>();
        services.AddSingleton<GroupCoordinator>();
        services.AddSingleton<OffsetsExpiryLoop>();
    }

    private static ControllerRules Rules(BrokerOptions options) => new()
    {
        DeleteTopicEnable = options.DeleteTopicEnable,
        UncleanLeaderElection = options.UncleanLeaderElection,
        AutoLeaderRebalance = options.Controller.AutoLeaderRebalance,
        ImbalanceCheckInterval = TimeSpan.FromSeconds(options.Controller.ImbalanceCheckIntervalSeconds),
        ImbalancePercentage = options.Controller.ImbalancePercentage,
        HandOverBackoff = TimeSpan.FromMilliseconds(options.Controller.HandOverBackoffMs),
        HandOversPerSecond = options.Controller.HandOversPerSecond,
    };

    private static void AddApi(IServiceCollection services, BrokerOptions options)
    {
        services.AddSingleton<HostedPartitions>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<PreferredReadReplicas>(s, options.Replication.RackAwareReads));
        services.AddSingleton(new FetchLimits(options.FetchMaxBytes, options.InterBrokerListenerName));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<FetchSessionCache>(s, options.Limits.FetchSessionSlots));
        services.AddSingleton<ServedApis>();
        services.AddSingleton<RequestDispatcher>();
        services.AddHandler<ProduceHandler>();
        services.AddHandler<FetchHandler>();
        services.AddHandler<ListOffsetsHandler>();
        services.AddHandler<OffsetForLeaderEpochHandler>();
        services.AddHandler<ApiVersionsHandler>();
        services.AddHandler<MetadataHandler>();
        services.AddHandler<DescribeClusterHandler>();
        services.AddHandler<FindCoordinatorHandler>();
        services.AddSingleton<ProducerIdBlocks>();
        services.AddSingleton<ProducerIds>();
        services.AddHandler<InitProducerIdHandler>();
        services.AddSingleton(Random.Shared);
        services.AddSingleton<TopicCreation>();
        services.AddSingleton<IAutoTopicCreation>(s => s.GetRequiredService<TopicCreation>());
        services.AddHandler<CreateTopicsHandler>();
        services.AddHandler<DeleteTopicsHandler>();
        services.AddHandler<JoinGroupHandler>();
        services.AddHandler<SyncGroupHandler>();
        services.AddHandler<HeartbeatHandler>();
        services.AddHandler<LeaveGroupHandler>();
        services.AddHandler<OffsetCommitHandler>();
        services.AddHandler<OffsetFetchHandler>();
        services.AddHandler<DescribeGroupsHandler>();
        services.AddHandler<ListGroupsHandler>();
        services.AddHandler<DeleteGroupsHandler>();
        services.AddHandler<OffsetDeleteHandler>();
        services.AddHandler<CreatePartitionsHandler>();
        services.AddHandler<DeleteRecordsHandler>();
        services.AddHandler<AlterPartitionReassignmentsHandler>();
        services.AddHandler<ListPartitionReassignmentsHandler>();
        services.AddHandler<ElectLeadersHandler>();
        services.AddSingleton<ConfigResources>();
        services.AddHandler<DescribeConfigsHandler>();
        services.AddHandler<AlterConfigsHandler>();
        services.AddHandler<IncrementalAlterConfigsHandler>();
    }

    private static ReplicationThrottles Throttles(IServiceProvider services, ReplicationOptions options)
    {
        RateWindow Window() => new(options.QuotaWindows, TimeSpan.FromSeconds(options.QuotaWindowSeconds), services.GetRequiredService<TimeProvider>());
        return ActivatorUtilities.CreateInstance<ReplicationThrottles>(services, services.GetRequiredService<BrokerIdentity>().BrokerId, Window(), Window());
    }

    private static BrokerConnectionOptions ToLeader(int brokerId, LeaderAddress leader, int index, BrokerOptions options) => new()
    {
        ClientId = $"broker-{brokerId}-fetcher-{index}-of-{leader.BrokerId}",
        RequestTimeout = TimeSpan.FromMilliseconds(options.Replication.SocketTimeoutMs),
    };
}
