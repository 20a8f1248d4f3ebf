namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// From which version on an API is flexible (compact lengths, tagged fields, request header 2, response header 1). Needed before a body is
/// understood: a request header cannot be read without it.
/// </summary>
public static class ApiKeyTable
{
    public const short NeverFlexible = short.MaxValue;

    public static short FlexibleFrom(ApiKey key) => key switch
    {
        ApiKey.SaslHandshake or ApiKey.OffsetDelete => NeverFlexible,
        ApiKey.AlterPartitionReassignments or ApiKey.ListPartitionReassignments or ApiKey.DescribeUserScramCredentials
            or ApiKey.AlterUserScramCredentials or ApiKey.Vote or ApiKey.DescribeQuorum or ApiKey.AlterPartition
            or ApiKey.UpdateFeatures or ApiKey.Envelope or ApiKey.FetchSnapshot or ApiKey.DescribeCluster
            or ApiKey.DescribeProducers or ApiKey.BrokerRegistration or ApiKey.BrokerHeartbeat or ApiKey.UnregisterBroker
            or ApiKey.DescribeTransactions or ApiKey.ListTransactions or ApiKey.AllocateProducerIds
            or ApiKey.ConsumerGroupHeartbeat or ApiKey.ConsumerGroupDescribe or ApiKey.ListClientMetricsResources
            or ApiKey.DescribeTopicPartitions => 0,
        ApiKey.WriteTxnMarkers or ApiKey.IncrementalAlterConfigs or ApiKey.DescribeClientQuotas or ApiKey.AlterClientQuotas
            or ApiKey.BeginQuorumEpoch or ApiKey.EndQuorumEpoch => 1,
        ApiKey.StopReplica or ApiKey.DeleteRecords or ApiKey.InitProducerId or ApiKey.DescribeAcls or ApiKey.CreateAcls
            or ApiKey.DeleteAcls or ApiKey.AlterConfigs or ApiKey.AlterReplicaLogDirs or ApiKey.DescribeLogDirs
            or ApiKey.SaslAuthenticate or ApiKey.CreatePartitions or ApiKey.CreateDelegationToken
            or ApiKey.RenewDelegationToken or ApiKey.ExpireDelegationToken or ApiKey.DescribeDelegationToken
            or ApiKey.DeleteGroups or ApiKey.ElectLeaders => 2,
        ApiKey.ControlledShutdown or ApiKey.FindCoordinator or ApiKey.ListGroups or ApiKey.ApiVersions
            or ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn or ApiKey.EndTxn or ApiKey.TxnOffsetCommit => 3,
        ApiKey.LeaderAndIsr or ApiKey.Heartbeat or ApiKey.LeaveGroup or ApiKey.SyncGroup or ApiKey.DeleteTopics
            or ApiKey.OffsetForLeaderEpoch or ApiKey.DescribeConfigs => 4,
        ApiKey.DescribeGroups or ApiKey.CreateTopics => 5,
        ApiKey.ListOffsets or ApiKey.UpdateMetadata or ApiKey.OffsetFetch or ApiKey.JoinGroup => 6,
        ApiKey.OffsetCommit => 8,
        ApiKey.Produce or ApiKey.Metadata => 9,
        ApiKey.Fetch => 12,
        _ => NeverFlexible,
    };

    public static bool IsFlexible(short key, short version) => version >= FlexibleFrom((ApiKey)key);

    /// <summary>
    /// Response header 1 goes with flexible versions, except for ApiVersions: a client that asks for its first answer cannot know yet what
    /// the broker speaks, so that header is always 0 (KIP-511).
    /// </summary>
    public static bool HasFlexibleResponseHeader(ApiKey key, short version) => key != ApiKey.ApiVersions && IsFlexible((short)key, version);
}
