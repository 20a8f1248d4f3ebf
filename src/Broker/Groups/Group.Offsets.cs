using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

// Committed offsets: judged, written, and shown once they are committed in the offsets partition.
internal sealed partial class Group
{
    /// <summary>The offsets as the log tells them; the largest log offset of a partition wins.</summary>
    private readonly Dictionary<TopicPartition, CommittedOffset> _offsets = [];

    /// <summary>Commits that are written and not confirmed yet: a deletion must not overlook them.</summary>
    private readonly List<IReadOnlyDictionary<TopicPartition, CommittedOffset>> _unconfirmed = [];

    /// <summary>Takes an offset over from the log, at loading.</summary>
    public void Restore(TopicPartition partition, CommittedOffset? offset)
    {
        lock (_gate)
        {
            if (offset is null) _offsets.Remove(partition);
            else _offsets[partition] = offset;
        }
    }

    /// <summary>
    /// Stores offsets. Who commits must belong to the present generation, so that a member that was thought dead cannot move back its successor's position; an
    /// offset is visible when the offsets partition has committed it.
    /// </summary>
    public Task<ErrorCode> CommitAsync(CommitterIdentity who, IReadOnlyDictionary<TopicPartition, CommittedOffset> offsets)
    {
        GroupAppend appended;
        lock (_gate)
        {
            if (MayCommit(who) is var refusal && refusal != ErrorCode.None) return Task.FromResult(refusal);
            if (offsets.Count == 0) return Task.FromResult(ErrorCode.None);
            // Under the gate: a later commit must not come first in the log.
            appended = _log.Append([.. offsets.Select(o => GroupRecord.Offset(Id, o.Key, o.Value))]);
            _unconfirmed.Add(offsets);
        }
        return CommitAsync(appended, offsets);
    }

    private async Task<ErrorCode> CommitAsync(GroupAppend appended, IReadOnlyDictionary<TopicPartition, CommittedOffset> offsets)
    {
        var error = await _log.CommittedAsync(appended);
        lock (_gate)
        {
            _unconfirmed.Remove(offsets);
            if (error != ErrorCode.None) return CommitError(error);
            if (Phase == GroupPhase.Dead) return ErrorCode.CoordinatorNotAvailable;
            foreach (var (partition, offset) in offsets)
            {
                if (!_offsets.TryGetValue(partition, out var before) || before.LogOffset < appended.FirstOffset)
                    _offsets[partition] = offset with { LogOffset = appended.FirstOffset };
            }
        }
        return ErrorCode.None;
    }

    private ErrorCode MayCommit(CommitterIdentity who)
    {
        if (Phase == GroupPhase.Dead) return ErrorCode.CoordinatorNotAvailable;
        if (who.Generation < 0 && Phase == GroupPhase.Empty) return ErrorCode.None;
        if (who is { Generation: < 0, MemberId.Length: 0, InstanceId: null }) return ErrorCode.UnknownMemberId;
        if (Identify(who.MemberId, who.InstanceId, out var member) is var error && error != ErrorCode.None) return error;
        if (who.Generation != _generation) return ErrorCode.IllegalGeneration;
        Heard(member!);
        return Phase == GroupPhase.CompletingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
    }

    /// <summary>What a client is told when the offsets could not be stored. Source: GroupMetadataManager.storeOffsets.</summary>
    private static ErrorCode CommitError(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidFetchSize => ErrorCode.InvalidCommitOffsetSize,
        _ => error,
    };

    /// <summary>The asked offsets, null where there is none; all of them when <paramref name="asked"/> is null.</summary>
    public IReadOnlyDictionary<TopicPartition, CommittedOffset?> Offsets(IReadOnlyCollection<TopicPartition>? asked)
    {
        lock (_gate)
        {
            return (asked ?? _offsets.Keys).Distinct().ToDictionary(p => p, p => _offsets.GetValueOrDefault(p));
        }
    }

    /// <summary>Deletes a group without members: its records get tombstones.</summary>
    public async Task<ErrorCode> DeleteAsync()
    {
        GroupAppend appended;
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return ErrorCode.GroupIdNotFound;
            if (Phase != GroupPhase.Empty) return ErrorCode.NonEmptyGroup;
            appended = AppendTombstones([.. _offsets.Keys.Union(_unconfirmed.SelectMany(commit => commit.Keys))], withGroup: true);
            if (appended.Error != ErrorCode.None) return CommitError(appended.Error);
            Bury();
        }
        var error = await _log.CommittedAsync(appended);
        return error == ErrorCode.None ? error : CommitError(error);
    }

    /// <summary>Deletes offsets nobody reads: of an empty group, or of topics that no member of a consumer group is subscribed to (KIP-496).</summary>
    public async Task<(ErrorCode Error, IReadOnlyDictionary<TopicPartition, ErrorCode> Partitions)> DeleteOffsetsAsync(IReadOnlyCollection<TopicPartition> asked)
    {
        var results = new Dictionary<TopicPartition, ErrorCode>();
        GroupAppend appended;
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return (ErrorCode.GroupIdNotFound, results);
            if (Phase != GroupPhase.Empty && _protocolType != ConsumerSubscription.ProtocolType) return (ErrorCode.NonEmptyGroup, results);
            var subscribed = SubscribedTopics();
            foreach (var partition in asked)
            {
                var inUse = Phase != GroupPhase.Empty && (subscribed is null || subscribed.Contains(partition.Topic));
                results[partition] = inUse ? ErrorCode.GroupSubscribedToTopic : ErrorCode.None;
            }
            appended = Forget([.. results.Where(r => r.Value == ErrorCode.None && _offsets.ContainsKey(r.Key)).Select(r => r.Key)]);
        }
        var error = await _log.CommittedAsync(appended);
        return (error == ErrorCode.None ? error : CommitError(error), results);
    }

    /// <summary>
    /// Deletes what has outlived <c>offsets.retention.minutes</c>; true when the group itself is gone with it: empty and nothing left. Source: 5.7 of the
    /// coordinator's rules, GroupMetadata.removeExpiredOffsets.
    /// </summary>
    public bool Expire()
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return true;
            var now = NowMs;
            var subscribed = Phase == GroupPhase.Stable && _protocolType == ConsumerSubscription.ProtocolType ? SubscribedTopics() : null;
            var expired = _offsets.Where(o => IsExpired(o.Key, o.Value, subscribed, now)).Select(o => o.Key).ToList();
            var isOver = Phase == GroupPhase.Empty && expired.Count == _offsets.Count && _unconfirmed.Count == 0 && _pending.Count == 0;
            if (!isOver)
            {
                Forget(expired);
                return false;
            }
            if (AppendTombstones(expired, withGroup: true).Error != ErrorCode.None) return false;
            Bury();
            return true;
        }
    }

    private bool IsExpired(TopicPartition partition, CommittedOffset offset, HashSet<string>? subscribed, long now)
    {
        if (offset.ExpireTimestampMs is { } at) return now >= at && Phase == GroupPhase.Empty;
        long? since = Phase switch
        {
            // A simple reader never is a member: all it ever does is to commit.
            _ when _protocolType is null => offset.CommitTimestampMs,
            GroupPhase.Empty => _changedAtMs >= 0 ? _changedAtMs : offset.CommitTimestampMs,
            GroupPhase.Stable when subscribed is not null && !subscribed.Contains(partition.Topic) => offset.CommitTimestampMs,
            _ => null,
        };
        return since is { } from && now - from >= _options.OffsetsRetentionMs;
    }

    private GroupAppend Forget(IReadOnlyList<TopicPartition> partitions)
    {
        if (partitions.Count == 0) return GroupAppend.Nothing;
        var appended = AppendTombstones(partitions, withGroup: false);
        if (appended.Error != ErrorCode.None) return appended;
        foreach (var partition in partitions) _offsets.Remove(partition);
        return appended;
    }

    // A group that never had a generation has no record of its own.
    private GroupAppend AppendTombstones(IReadOnlyList<TopicPartition> partitions, bool withGroup)
    {
        var records = partitions.Select(p => GroupRecord.NoOffset(Id, p)).ToList();
        if (withGroup && _generation > 0) records.Add(GroupRecord.NoGroup(Id));
        return records.Count == 0 ? GroupAppend.Nothing : _log.Append(records);
    }

    /// <summary>Topics that some member reads; null when a member's subscription cannot be read, so that nothing is taken for unused.</summary>
    private HashSet<string>? SubscribedTopics()
    {
        var topics = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in _members)
        {
            if (ConsumerSubscription.Topics(member.MetadataFor(_protocol)) is not { } subscribed) return null;
            topics.UnionWith(subscribed);
        }
        return topics;
    }
}
