using ClassicBroker.Broker.Configuration;
using System.Collections.Concurrent;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Groups;

/// <summary>
/// Coordinates the groups whose partition of <c>__consumer_offsets</c> this broker leads. Group and offset state is what that topic says and nothing else: becoming
/// leader of a partition reads it (<see cref="GroupLoading"/>), losing it forgets everything. Every call first finds the partition; when this broker does not lead
/// it, or may not lead now, the client is sent to look for the coordinator again.
/// </summary>
/// <remarks>
/// Owner: the map of led partitions is written by the one that brings the controller's orders (<see cref="RoleChanges"/>), one at a time; read from any thread.
/// Source: core/…/kafka/coordinator/group/GroupCoordinator.scala, GroupMetadataManager.scala.
/// </remarks>
public sealed class GroupCoordinator : IAsyncDisposable
{
    public const string OffsetsTopic = "__consumer_offsets";

    private readonly GroupOptions _options;
    private readonly MetadataCache _metadata;
    private readonly TimeProvider _time;
    private readonly Func<Guid> _newId;
    private readonly ILogger<GroupCoordinator> _logger;
    private readonly ConcurrentDictionary<int, OffsetsPartition> _led = new();
    private readonly ConcurrentDictionary<OffsetsPartition, Task> _loading = new();

    public GroupCoordinator(GroupOptions options, MetadataCache metadata, TimeProvider time, Random random, ILogger<GroupCoordinator> logger)
    {
        (_options, _metadata, _time, _logger) = (options, metadata, time, logger);
        _newId = () =>
        {
            Span<byte> bytes = stackalloc byte[16];
            lock (random) random.NextBytes(bytes);
            return new Guid(bytes);
        };
    }

    /// <summary>Follows what becomes of this broker's partitions; to be given every change of leadership.</summary>
    public void LeadershipChanged(Partition partition, bool leads)
    {
        if (partition.Id.Topic != OffsetsTopic) return;
        var index = partition.Id.Partition;
        if (leads && _led.TryGetValue(index, out var held) && ReferenceEquals(held.Replica, partition)) return;   // led it all the time
        if (_led.TryRemove(index, out var left)) left.Dispose();
        if (!leads) return;
        var led = new OffsetsPartition(index, partition, _options, _time, _newId);
        _led[index] = led;
        _loading[led] = LoadAsync(led);
    }

    private async Task LoadAsync(OffsetsPartition led)
    {
        // Never on the thread of whoever brought the order.
        await Task.Yield();
        var began = _time.GetTimestamp();
        try
        {
            var loading = new GroupLoading(led, _options, _time);
            await loading.RunAsync(led.Left);
            led.FinishLoading();
            _logger.LogInformation("{Partition}: coordinating {Groups} groups ({Records} records read in {Ms:0} ms)",
                led.Replica.Id, led.Groups.Count, loading.Records, _time.GetElapsedTime(began).TotalMilliseconds);
        }
        catch (OperationCanceledException)
        {
            _logger.LogInformation("{Partition}: led elsewhere before its groups were loaded", led.Replica.Id);
        }
        catch (Exception e)
        {
            _logger.LogError(e, "{Partition}: its groups cannot be loaded and stay unavailable until the partition has another leader: {Reason}", led.Replica.Id, e.Message);
        }
        finally
        {
            _loading.TryRemove(led, out _);
            if (led.Left.IsCancellationRequested) led.Dispose();
        }
    }

    /// <summary>Which partition of the offsets topic a group belongs to; its leader is the coordinator.</summary>
    public int PartitionOf(string groupId) => JavaHash.PartitionOf(groupId, PartitionCount);

    private int PartitionCount =>
        _metadata.Current.Topics.TryGetValue(OffsetsTopic, out var topic) && topic.Partitions.Count > 0 ? topic.Partitions.Count : _options.OffsetsPartitions;

    private ErrorCode Locate(string groupId, out OffsetsPartition led)
    {
        led = null!;
        if (!_led.TryGetValue(PartitionOf(groupId), out var found) || !found.Replica.LeadsNow) return ErrorCode.NotCoordinator;
        led = found;
        return found.IsLoaded ? ErrorCode.None : ErrorCode.CoordinatorLoadInProgress;
    }

    public Task<JoinResult> JoinAsync(string groupId, JoinCall call)
    {
        if (groupId.Length == 0) return Failed(ErrorCode.InvalidGroupId);
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return Failed(error);
        if (call.SessionTimeoutMs < _options.MinSessionTimeoutMs || call.SessionTimeoutMs > _options.MaxSessionTimeoutMs) return Failed(ErrorCode.InvalidSessionTimeout);
        if (call.MemberId.Length > 0 && led.Find(groupId) is null) return Failed(ErrorCode.UnknownMemberId);
        return led.GetOrCreate(groupId).JoinAsync(call);

        Task<JoinResult> Failed(ErrorCode code) => Task.FromResult(new JoinResult(code, call.MemberId));
    }

    public Task<SyncResult> SyncAsync(string groupId, SyncCall call)
    {
        if (groupId.Length == 0) return Task.FromResult(SyncResult.Failed(ErrorCode.InvalidGroupId));
        var error = Locate(groupId, out var led);
        // The assignment a loading coordinator would be asked for is of a generation that is over.
        if (error == ErrorCode.CoordinatorLoadInProgress) error = ErrorCode.RebalanceInProgress;
        if (error != ErrorCode.None) return Task.FromResult(SyncResult.Failed(error));
        return led.Find(groupId)?.SyncAsync(call) ?? Task.FromResult(SyncResult.Failed(ErrorCode.UnknownMemberId));
    }

    public ErrorCode Heartbeat(string groupId, string memberId, string? instanceId, int generation)
    {
        if (groupId.Length == 0) return ErrorCode.InvalidGroupId;
        var error = Locate(groupId, out var led);
        // While loading nothing can be held against the member; it has a whole session timeout from the end of it.
        if (error == ErrorCode.CoordinatorLoadInProgress) return ErrorCode.None;
        if (error != ErrorCode.None) return error;
        return led.Find(groupId)?.Heartbeat(memberId, instanceId, generation) ?? ErrorCode.UnknownMemberId;
    }

    /// <summary>The error of the call, and one of each member.</summary>
    public (ErrorCode Error, IReadOnlyList<ErrorCode> Members) Leave(string groupId, IReadOnlyList<(string MemberId, string? InstanceId)> members)
    {
        if (groupId.Length == 0) return (ErrorCode.InvalidGroupId, []);
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return (error, []);
        if (led.Find(groupId) is not { } group) return (ErrorCode.None, [.. members.Select(_ => ErrorCode.UnknownMemberId)]);
        return (ErrorCode.None, [.. members.Select(m => group.Leave(m.MemberId, m.InstanceId))]);
    }

    public Task<ErrorCode> CommitAsync(string groupId, CommitterIdentity who, IReadOnlyDictionary<TopicPartition, CommittedOffset> offsets)
    {
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return Task.FromResult(error);
        if (led.Find(groupId) is { } group) return group.CommitAsync(who, offsets);
        return who.Generation < 0 ? led.GetOrCreate(groupId).CommitAsync(who, offsets) : Task.FromResult(ErrorCode.IllegalGeneration);
    }

    /// <summary>Committed offsets, null where there is none; all of the group's when <paramref name="asked"/> is null.</summary>
    public ErrorCode Offsets(string groupId, IReadOnlyCollection<TopicPartition>? asked, out IReadOnlyDictionary<TopicPartition, CommittedOffset?> offsets)
    {
        offsets = (asked ?? []).Distinct().ToDictionary(p => p, _ => (CommittedOffset?)null);
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return error;
        if (led.Find(groupId) is { } group) offsets = group.Offsets(asked);
        return ErrorCode.None;
    }

    /// <summary>A group nobody made is Dead, without an error.</summary>
    public (ErrorCode Error, GroupView View) Describe(string groupId)
    {
        var nobody = new GroupView(groupId, GroupPhase.Dead, "", "", -1, []);
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return (error, nobody);
        return (ErrorCode.None, led.Find(groupId)?.View() ?? nobody);
    }

    /// <summary>The groups coordinated here; COORDINATOR_LOAD_IN_PROGRESS beside those known when some are still being read.</summary>
    public (ErrorCode Error, IReadOnlyList<GroupView> Groups) List()
    {
        var led = _led.Values.Where(p => p.Replica.LeadsNow).ToList();
        var error = led.Exists(p => !p.IsLoaded) ? ErrorCode.CoordinatorLoadInProgress : ErrorCode.None;
        return (error, [.. led.Where(p => p.IsLoaded).SelectMany(p => p.Groups).Select(g => g.View()).Where(v => v.Phase != GroupPhase.Dead)]);
    }

    public async Task<ErrorCode> DeleteAsync(string groupId)
    {
        if (groupId.Length == 0) return ErrorCode.InvalidGroupId;
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return error;
        if (led.Find(groupId) is not { } group) return ErrorCode.GroupIdNotFound;
        var result = await group.DeleteAsync();
        if (group.Phase == GroupPhase.Dead) led.Forget(group);
        return result;
    }

    public async Task<(ErrorCode Error, IReadOnlyDictionary<TopicPartition, ErrorCode> Partitions)> DeleteOffsetsAsync(
        string groupId, IReadOnlyCollection<TopicPartition> partitions)
    {
        if (groupId.Length == 0) return (ErrorCode.InvalidGroupId, new Dictionary<TopicPartition, ErrorCode>());
        if (Locate(groupId, out var led) is var error && error != ErrorCode.None) return (error, new Dictionary<TopicPartition, ErrorCode>());
        return led.Find(groupId) is { } group
            ? await group.DeleteOffsetsAsync(partitions)
            : (ErrorCode.GroupIdNotFound, new Dictionary<TopicPartition, ErrorCode>());
    }

    /// <summary>Deletes offsets and groups that have outlived their retention.</summary>
    public void Expire()
    {
        foreach (var led in _led.Values.Where(p => p.IsLoaded && p.Replica.LeadsNow))
        {
            foreach (var group in led.Groups)
            {
                if (group.Expire()) led.Forget(group);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var led in _led.Values) led.Dispose();
        _led.Clear();
        await Task.WhenAll(_loading.Values);
    }
}
