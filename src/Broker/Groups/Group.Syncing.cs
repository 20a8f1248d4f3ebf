using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

// After the barrier: assignments, heartbeats, leaving.
internal sealed partial class Group
{
    /// <summary>
    /// Gives a member its assignment, waiting for the leader's. The leader's call stores the generation first: an assignment that a later coordinator does not
    /// know would be given twice.
    /// </summary>
    public Task<SyncResult> SyncAsync(SyncCall call)
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return Answer(ErrorCode.CoordinatorNotAvailable);
            if (Identify(call.MemberId, call.InstanceId, out var found) is var error && error != ErrorCode.None) return Answer(error);
            var member = found!;
            if (call.Generation != _generation) return Answer(ErrorCode.IllegalGeneration);
            if ((call.ProtocolType is not null && call.ProtocolType != _protocolType) || (call.Protocol is not null && call.Protocol != _protocol))
                return Answer(ErrorCode.InconsistentGroupProtocol);
            switch (Phase)
            {
                case GroupPhase.PreparingRebalance:
                    return Answer(ErrorCode.RebalanceInProgress);
                case GroupPhase.Stable:
                    _mustSync.Remove(member.Id);
                    Heard(member);
                    return Task.FromResult(Assigned(member));
                case GroupPhase.CompletingRebalance:
                    return WaitForAssignment(member, call.Assignments);
                default:
                    return Answer(ErrorCode.UnknownMemberId);
            }
        }
    }

    private static Task<SyncResult> Answer(ErrorCode error) => Task.FromResult(SyncResult.Failed(error));

    private Task<SyncResult> WaitForAssignment(Member member, IReadOnlyDictionary<string, byte[]> assignments)
    {
        member.AnswerSync(SyncResult.Failed(ErrorCode.RebalanceInProgress));
        var syncing = new TaskCompletionSource<SyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        member.Syncing = syncing;
        _mustSync.Remove(member.Id);
        if (member.Id == _leader) _ = StoreAsync(assignments);
        return syncing.Task;
    }

    private async Task StoreAsync(IReadOnlyDictionary<string, byte[]> assignments)
    {
        var generation = _generation;
        foreach (var member in _members) member.Assignment = assignments.GetValueOrDefault(member.Id) ?? [];
        var error = await _log.CommittedAsync(_log.Append([Record()]));
        lock (_gate)
        {
            if (Phase != GroupPhase.CompletingRebalance || _generation != generation) return;
            if (error != ErrorCode.None)
            {
                RefuseSyncs(StoreError(error));
                PrepareRebalance();
                return;
            }
            MoveTo(GroupPhase.Stable);
            foreach (var member in _members)
            {
                if (member.Syncing is null) continue;
                Heard(member);
                member.AnswerSync(Assigned(member));
            }
        }
    }

    private SyncResult Assigned(Member member) => new(ErrorCode.None, member.Assignment) { ProtocolType = _protocolType, Protocol = _protocol };

    /// <summary>What a client is told when the group's record could not be stored. Source: GroupMetadataManager.storeGroup.</summary>
    private static ErrorCode StoreError(ErrorCode error) => error switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => ErrorCode.CoordinatorNotAvailable,
        ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError => ErrorCode.NotCoordinator,
        ErrorCode.RequestTimedOut => ErrorCode.RebalanceInProgress,
        ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.InvalidFetchSize => ErrorCode.UnknownServerError,
        _ => error,
    };

    public ErrorCode Heartbeat(string memberId, string? instanceId, int generation)
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return ErrorCode.CoordinatorNotAvailable;
            if (Identify(memberId, instanceId, out var member) is var error && error != ErrorCode.None) return error;
            if (Phase == GroupPhase.Empty) return ErrorCode.UnknownMemberId;
            if (generation != _generation) return ErrorCode.IllegalGeneration;
            Heard(member!);
            return Phase == GroupPhase.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
        }
    }

    /// <summary>A member leaves, or an administrator removes a static one by its instance id alone.</summary>
    public ErrorCode Leave(string memberId, string? instanceId)
    {
        lock (_gate)
        {
            if (Phase == GroupPhase.Dead) return ErrorCode.CoordinatorNotAvailable;
            if (instanceId is null && _pending.Remove(memberId, out var timer))
            {
                timer.Dispose();
                CompleteJoinIfAllThere();
                return ErrorCode.None;
            }
            var id = memberId.Length == 0 && FindInstance(instanceId) is { } named ? named.Id : memberId;
            if (Identify(id, instanceId, out var member) is var error && error != ErrorCode.None) return error;
            Drop(member!);
            return ErrorCode.None;
        }
    }
}
