using System.Collections.Frozen;
using System.Text;

namespace ClassicBroker.Clients.Protocol;

/// <summary>What a client may do about an error: nothing, ask again, or refresh its metadata and then ask again.</summary>
public enum Retry
{
    No,
    Again,
    AfterMetadata,
}

/// <summary>One row per error code: its retry rule as in Kafka's client exceptions, and its meaning in a sentence.</summary>
/// <remarks>
/// <see cref="Retry.No"/> is said at the level of the client library; a consumer still recovers from some of these codes by its own logic
/// (out of range, illegal generation, unknown member, rebalance, member id required, fenced instance).
/// </remarks>
public static class ErrorCodeTable
{
    private static readonly FrozenDictionary<ErrorCode, (Retry Retry, string Meaning)> Rows = new Dictionary<ErrorCode, (Retry, string)>
    {
        [ErrorCode.UnknownServerError] = (Retry.No, "Unexpected exception on the server"),
        [ErrorCode.None] = (Retry.No, "Success"),
        [ErrorCode.OffsetOutOfRange] = (Retry.No, "Fetch offset below log start or above log end; consumer applies auto.offset.reset"),
        [ErrorCode.CorruptMessage] = (Retry.Again, "CRC or structure of a batch is wrong"),
        [ErrorCode.UnknownTopicOrPartition] = (Retry.AfterMetadata, "This broker does not know the topic or does not host the partition"),
        [ErrorCode.InvalidFetchSize] = (Retry.No, "Bad size in a fetch (legacy)"),
        [ErrorCode.LeaderNotAvailable] = (Retry.AfterMetadata, "No leader right now (election or creation under way)"),
        [ErrorCode.NotLeaderOrFollower] = (Retry.AfterMetadata, "Broker is not the leader (or a replica) any more"),
        [ErrorCode.RequestTimedOut] = (Retry.Again, "Server-side wait ran out; the effect may still happen"),
        [ErrorCode.BrokerNotAvailable] = (Retry.No, "Named broker is not alive (tools, controlled shutdown)"),
        [ErrorCode.ReplicaNotAvailable] = (Retry.AfterMetadata, "A replica is missing; in Metadata ignorable"),
        [ErrorCode.MessageTooLarge] = (Retry.No, "Batch above max.message.bytes"),
        [ErrorCode.StaleControllerEpoch] = (Retry.No, "Control request of an old controller (or old leader epoch in LeaderAndIsr)"),
        [ErrorCode.OffsetMetadataTooLarge] = (Retry.No, "Commit metadata string too long"),
        [ErrorCode.NetworkException] = (Retry.AfterMetadata, "Disconnected before a response (client side, coordinator calls)"),
        [ErrorCode.CoordinatorLoadInProgress] = (Retry.Again, "Coordinator partition still being replayed"),
        [ErrorCode.CoordinatorNotAvailable] = (Retry.Again, "No coordinator yet, or its topic cannot be written"),
        [ErrorCode.NotCoordinator] = (Retry.Again, "Wrong broker for this group or transactional id"),
        [ErrorCode.InvalidTopicException] = (Retry.No, "Illegal name, or write to an internal topic"),
        [ErrorCode.RecordListTooLarge] = (Retry.No, "Message set above segment.bytes"),
        [ErrorCode.NotEnoughReplicas] = (Retry.Again, "ISR smaller than min.insync.replicas; nothing written"),
        [ErrorCode.NotEnoughReplicasAfterAppend] = (Retry.Again, "Written, but ISR fell below minimum"),
        [ErrorCode.InvalidRequiredAcks] = (Retry.No, "acks other than -1, 0, 1"),
        [ErrorCode.IllegalGeneration] = (Retry.No, "Generation is not the current one; rejoin"),
        [ErrorCode.InconsistentGroupProtocol] = (Retry.No, "Protocol type or set does not fit the group"),
        [ErrorCode.InvalidGroupId] = (Retry.No, "Empty or not allowed group id"),
        [ErrorCode.UnknownMemberId] = (Retry.No, "Member not in the group; rejoin with empty id"),
        [ErrorCode.InvalidSessionTimeout] = (Retry.No, "Outside broker's min/max"),
        [ErrorCode.RebalanceInProgress] = (Retry.No, "Group rebalances; rejoin"),
        [ErrorCode.InvalidCommitOffsetSize] = (Retry.No, "Commit record would be too large"),
        [ErrorCode.TopicAuthorizationFailed] = (Retry.No, "No permission on topic"),
        [ErrorCode.GroupAuthorizationFailed] = (Retry.No, "No permission on group"),
        [ErrorCode.ClusterAuthorizationFailed] = (Retry.No, "No permission on cluster"),
        [ErrorCode.InvalidTimestamp] = (Retry.No, "Record timestamp outside the allowed window or type"),
        [ErrorCode.UnsupportedSaslMechanism] = (Retry.No, "Mechanism not enabled; response lists enabled ones"),
        [ErrorCode.IllegalSaslState] = (Retry.No, "Request not allowed at this point of authentication"),
        [ErrorCode.UnsupportedVersion] = (Retry.No, "Version not served"),
        [ErrorCode.TopicAlreadyExists] = (Retry.No, "Exists or is marked for deletion"),
        [ErrorCode.InvalidPartitions] = (Retry.No, "Bad partition count"),
        [ErrorCode.InvalidReplicationFactor] = (Retry.No, "RF below 1 or above live brokers"),
        [ErrorCode.InvalidReplicaAssignment] = (Retry.No, "Bad manual assignment"),
        [ErrorCode.InvalidConfig] = (Retry.No, "Bad config key or value"),
        [ErrorCode.NotController] = (Retry.Again, "Broker is not the controller; refresh Metadata"),
        [ErrorCode.InvalidRequest] = (Retry.No, "Field combination makes no sense"),
        [ErrorCode.UnsupportedForMessageFormat] = (Retry.No, "Log format too old for this operation"),
        [ErrorCode.PolicyViolation] = (Retry.No, "A create/alter policy or cleanup policy forbids it"),
        [ErrorCode.OutOfOrderSequenceNumber] = (Retry.No, "Gap in idempotent sequence"),
        [ErrorCode.DuplicateSequenceNumber] = (Retry.No, "Duplicate outside the window kept; clients take it as success"),
        [ErrorCode.InvalidProducerEpoch] = (Retry.No, "Epoch older than the log's"),
        [ErrorCode.InvalidTxnState] = (Retry.No, "Operation does not fit the transaction state"),
        [ErrorCode.InvalidProducerIdMapping] = (Retry.No, "Producer id is not the one stored for the txn id"),
        [ErrorCode.InvalidTransactionTimeout] = (Retry.No, "Timeout not positive or above the broker maximum"),
        [ErrorCode.ConcurrentTransactions] = (Retry.Again, "Previous transaction still completing; retry"),
        [ErrorCode.TransactionCoordinatorFenced] = (Retry.No, "Marker from an old coordinator"),
        [ErrorCode.TransactionalIdAuthorizationFailed] = (Retry.No, "No permission on transactional id"),
        [ErrorCode.SecurityDisabled] = (Retry.No, "No authorizer configured (ACL APIs)"),
        [ErrorCode.OperationNotAttempted] = (Retry.No, "Skipped because a sibling in the request failed"),
        [ErrorCode.KafkaStorageError] = (Retry.AfterMetadata, "Log dir offline"),
        [ErrorCode.LogDirNotFound] = (Retry.No, "Directory not configured or offline (AlterReplicaLogDirs)"),
        [ErrorCode.SaslAuthenticationFailed] = (Retry.No, "Bad credentials"),
        [ErrorCode.UnknownProducerId] = (Retry.No, "No state for the producer id; no longer sent by 2.8 or 3.9 brokers"),
        [ErrorCode.ReassignmentInProgress] = (Retry.No, "Partition or topic is being reassigned"),
        [ErrorCode.DelegationTokenAuthDisabled] = (Retry.No, "No token secret on the broker"),
        [ErrorCode.DelegationTokenNotFound] = (Retry.No, "Unknown token/HMAC"),
        [ErrorCode.DelegationTokenOwnerMismatch] = (Retry.No, "Not owner or renewer"),
        [ErrorCode.DelegationTokenRequestNotAllowed] = (Retry.No, "Channel kind not allowed for token calls"),
        [ErrorCode.DelegationTokenAuthorizationFailed] = (Retry.No, "No permission on token"),
        [ErrorCode.DelegationTokenExpired] = (Retry.No, "Token past its time"),
        [ErrorCode.InvalidPrincipalType] = (Retry.No, "Only User principals are allowed"),
        [ErrorCode.NonEmptyGroup] = (Retry.No, "Group has members"),
        [ErrorCode.GroupIdNotFound] = (Retry.No, "No such group"),
        [ErrorCode.FetchSessionIdNotFound] = (Retry.Again, "Session unknown or evicted; start full fetch"),
        [ErrorCode.InvalidFetchSessionEpoch] = (Retry.Again, "Wrong session epoch; start full fetch"),
        [ErrorCode.ListenerNotFound] = (Retry.AfterMetadata, "Leader has no endpoint on this listener"),
        [ErrorCode.TopicDeletionDisabled] = (Retry.No, "delete.topic.enable=false"),
        [ErrorCode.FencedLeaderEpoch] = (Retry.AfterMetadata, "Client's leader epoch is older than the broker's"),
        [ErrorCode.UnknownLeaderEpoch] = (Retry.Again, "Client's leader epoch is newer than the broker's"),
        [ErrorCode.UnsupportedCompressionType] = (Retry.No, "Codec not allowed for this version"),
        [ErrorCode.StaleBrokerEpoch] = (Retry.No, "Request is for or from an earlier life of the broker"),
        [ErrorCode.OffsetNotAvailable] = (Retry.Again, "New leader's HW not yet caught up"),
        [ErrorCode.MemberIdRequired] = (Retry.No, "Rejoin with the id in the response"),
        [ErrorCode.PreferredLeaderNotAvailable] = (Retry.AfterMetadata, "Preferred replica dead or not in ISR"),
        [ErrorCode.GroupMaxSizeReached] = (Retry.No, "Group full"),
        [ErrorCode.FencedInstanceId] = (Retry.No, "Static instance now owned by another member id"),
        [ErrorCode.EligibleLeadersNotAvailable] = (Retry.AfterMetadata, "No live replica to elect"),
        [ErrorCode.ElectionNotNeeded] = (Retry.AfterMetadata, "Leader already as wanted"),
        [ErrorCode.NoReassignmentInProgress] = (Retry.No, "Nothing to cancel"),
        [ErrorCode.GroupSubscribedToTopic] = (Retry.No, "Active group uses the topic"),
        [ErrorCode.InvalidRecord] = (Retry.No, "Record failed validation"),
        [ErrorCode.UnstableOffsetCommit] = (Retry.Again, "Offset has a pending transactional commit"),
        [ErrorCode.ThrottlingQuotaExceeded] = (Retry.Again, "Controller mutation quota used up; retry after throttle time"),
        [ErrorCode.ProducerFenced] = (Retry.No, "Newer producer with the same transactional id"),
        [ErrorCode.ResourceNotFound] = (Retry.No, "No such resource (SCRAM user)"),
        [ErrorCode.DuplicateResource] = (Retry.No, "Same resource twice in the request"),
        [ErrorCode.UnacceptableCredential] = (Retry.No, "SCRAM name empty or iterations out of range"),
        [ErrorCode.InconsistentVoterSet] = (Retry.No, "KRaft"),
        [ErrorCode.InvalidUpdateVersion] = (Retry.No, "CAS version wrong (AlterPartition)"),
        [ErrorCode.FeatureUpdateFailed] = (Retry.No, "Finalized feature could not be changed"),
        [ErrorCode.PrincipalDeserializationFailure] = (Retry.No, "Forwarded principal unreadable"),
        [ErrorCode.SnapshotNotFound] = (Retry.No, "KRaft"),
        [ErrorCode.PositionOutOfRange] = (Retry.No, "KRaft"),
        [ErrorCode.UnknownTopicId] = (Retry.AfterMetadata, "No topic with this id here"),
        [ErrorCode.DuplicateBrokerRegistration] = (Retry.No, "KRaft"),
        [ErrorCode.BrokerIdNotRegistered] = (Retry.No, "Broker id unknown to controller (also AllocateProducerIds)"),
        [ErrorCode.InconsistentTopicId] = (Retry.AfterMetadata, "Id does not match the one in the log"),
        [ErrorCode.InconsistentClusterId] = (Retry.No, "KRaft"),
        [ErrorCode.TransactionalIdNotFound] = (Retry.No, "Unknown transactional id (describe)"),
        [ErrorCode.FetchSessionTopicIdError] = (Retry.Again, "Session mixes names and ids"),
        [ErrorCode.IneligibleReplica] = (Retry.No, "Proposed ISR holds a dead or shutting-down broker"),
        [ErrorCode.NewLeaderElected] = (Retry.No, "AlterPartition applied and it changed the leader (KRaft)"),
        [ErrorCode.OffsetMovedToTieredStorage] = (Retry.No, "Tiered storage"),
        [ErrorCode.FencedMemberEpoch] = (Retry.No, "New group protocol"),
        [ErrorCode.UnreleasedInstanceId] = (Retry.No, "New group protocol"),
        [ErrorCode.UnsupportedAssignor] = (Retry.No, "New group protocol"),
        [ErrorCode.StaleMemberEpoch] = (Retry.No, "New group protocol"),
        [ErrorCode.MismatchedEndpointType] = (Retry.No, "DescribeCluster sent to the wrong endpoint kind"),
        [ErrorCode.UnsupportedEndpointType] = (Retry.No, "Unknown endpoint kind in DescribeCluster"),
        [ErrorCode.UnknownControllerId] = (Retry.No, "KRaft"),
        [ErrorCode.UnknownSubscriptionId] = (Retry.No, "Client telemetry"),
        [ErrorCode.TelemetryTooLarge] = (Retry.No, "Client telemetry"),
        [ErrorCode.InvalidRegistration] = (Retry.No, "KRaft"),
        [ErrorCode.TransactionAbortable] = (Retry.No, "Transaction must be aborted, producer may go on"),
        [ErrorCode.InvalidRecordState] = (Retry.No, "Share groups"),
        [ErrorCode.ShareSessionNotFound] = (Retry.Again, "Share groups"),
        [ErrorCode.InvalidShareSessionEpoch] = (Retry.Again, "Share groups"),
        [ErrorCode.FencedStateEpoch] = (Retry.No, "Share groups"),
        [ErrorCode.InvalidVoterKey] = (Retry.No, "KRaft"),
        [ErrorCode.DuplicateVoter] = (Retry.No, "KRaft"),
        [ErrorCode.VoterNotFound] = (Retry.No, "KRaft"),
    }.ToFrozenDictionary();

    /// <summary>Whether the same request may succeed later. False for numbers without a name.</summary>
    public static bool IsRetriable(this ErrorCode code) => Rows.TryGetValue(code, out var row) && row.Retry != Retry.No;

    /// <summary>Whether the client's picture of the cluster is stale: refresh metadata before asking again.</summary>
    public static bool IsInvalidMetadata(this ErrorCode code) => Rows.TryGetValue(code, out var row) && row.Retry == Retry.AfterMetadata;

    /// <summary>A sentence for people.</summary>
    public static string Meaning(this ErrorCode code) =>
        Rows.TryGetValue(code, out var row) ? row.Meaning : $"Error code {(short)code} has no name";

    /// <summary>The name Kafka's tools print: <c>NOT_LEADER_OR_FOLLOWER</c>; the number when it has no name.</summary>
    public static string KafkaName(this ErrorCode code)
    {
        string name = code.ToString();
        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsUpper(name[i])) text.Append('_');
            text.Append(char.ToUpperInvariant(name[i]));
        }
        return text.ToString();
    }
}
