using System.Runtime.InteropServices;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using static ClassicBroker.Clients.Protocol.Messages.FetchResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>The parts of a broker's configuration a fetch depends on.</summary>
/// <param name="MaxBytes"><c>fetch.max.bytes</c>: no answer holds more, its first batch apart.</param>
/// <param name="InterBrokerListener">Where followers fetch; a client that calls itself a replica elsewhere is refused (CVE-2018-1288).</param>
public sealed record FetchLimits(int MaxBytes, string InterBrokerListener);

/// <summary>
/// Fetch: consumers and followers alike. Looks once; when there is too little and nothing to report, parks until a partition moves, the time is up, or another
/// request comes behind it, and looks again. The first batch found is always sent, however large, so no record can block a reader. Record bytes are leased from
/// the log until they are sent. What a reader wants is remembered in its fetch session, if it has one (<see cref="FetchSessionCache"/>).
/// </summary>
public sealed class FetchHandler(
    HostedPartitions hosted, FetchSessionCache sessions, ReplicationThrottles throttles, PreferredReadReplicas preferred, FetchLimits limits, TimeProvider time)
    : RequestHandler<FetchRequest, FetchResponse>
{
    /// <summary>Versions before 4 want the old message formats.</summary>
    public override short MinVersion => 4;

    public override async ValueTask<HandlerResult<FetchResponse>> HandleAsync(FetchRequest request, RequestContext context)
    {
        var replicaId = context.ApiVersion >= 15 ? request.ReplicaState?.ReplicaId ?? -1 : request.ReplicaId;
        if (replicaId >= 0 && !string.Equals(context.ListenerName, limits.InterBrokerListener, StringComparison.OrdinalIgnoreCase))
            return new FetchResponse { ErrorCode = ErrorCode.ClusterAuthorizationFailed };

        var turn = sessions.Open(request, context.ApiVersion, ofFollower: replicaId >= 0);
        if (turn.Error != ErrorCode.None) return new FetchResponse { ErrorCode = turn.Error };
        var targets = Targets(turn.Wanted, request, context, replicaId);
        var answer = Look(targets, request);
        if (!answer.IsDue(request)) answer = await ParkAsync(targets, request, context, answer);

        var response = new FetchResponse();
        if (context.ApiVersion >= 16) AddLeaderHints(response, answer, targets, context);
        if (replicaId >= 0) CountReplication(targets, answer);
        turn.Finish(response, answer.Partitions);
        return new HandlerResult<FetchResponse>(response, answer.Leases);
    }

    private async ValueTask<FetchAnswer> ParkAsync(List<FetchTarget> targets, FetchRequest request, RequestContext context, FetchAnswer answer)
    {
        using var watch = new ProgressWatch(TimeSpan.FromMilliseconds(request.MaxWaitMs), time);
        await using var gone = context.Aborted.Register(static w => ((ProgressWatch)w!).End(), watch);
        EndWhenAnotherRequestArrives(context.AnotherRequestArrived, watch);
        foreach (var target in targets) target.Partition?.Subscribe(watch, target.Awaits);
        try
        {
            bool moved;
            do
            {
                answer.Leases.Dispose();
                answer = Look(targets, request, again: true);
                if (answer.IsDue(request)) return answer;
                moved = await watch.WaitAsync();
            }
            while (moved);
            answer.Leases.Dispose();
            return Look(targets, request, again: true);
        }
        finally
        {
            foreach (var target in targets) target.Partition?.Unsubscribe(watch, target.Awaits);
        }
    }

    private static void EndWhenAnotherRequestArrives(Task arrived, ProgressWatch watch) =>
        arrived.GetAwaiter().OnCompleted(watch.End);

    private List<FetchTarget> Targets(IReadOnlyList<WantedPartition> wanted, FetchRequest request, RequestContext context, int replicaId)
    {
        var targets = new List<FetchTarget>(wanted.Count);
        foreach (var one in wanted)
        {
            var asked = one.Asked;
            var name = (string?)one.Topic;
            var partition = context.ApiVersion >= 13
                ? hosted.Find(one.TopicId, asked.Partition, out name, out var error)
                : hosted.Find(new TopicPartition(one.Topic, asked.Partition), out error);
            var query = new ReadQuery
            {
                ReplicaId = replicaId,
                ReplicaEpoch = request.ReplicaState is { } replica ? new BrokerEpoch(replica.ReplicaEpoch) : BrokerEpoch.None,
                FetchOffset = asked.FetchOffset,
                CurrentLeaderEpoch = new LeaderEpoch(asked.CurrentLeaderEpoch),
                LastFetchedEpoch = asked.LastFetchedEpoch,
                FollowerLogStart = asked.LogStartOffset,
                FollowersMayServe = context.ApiVersion >= 11,
                ReadCommitted = request.IsolationLevel == ReadQuery.CommittedOnly && replicaId < 0,
            };
            var elsewhere = context.ApiVersion >= 11 && replicaId == ReadQuery.Consumer && partition is not null
                ? preferred.For(partition, asked.FetchOffset, request.RackId, context.ListenerName)
                : null;
            targets.Add(new FetchTarget(name, partition, error, query, asked, elsewhere));
        }
        return targets;
    }

    /// <summary>Reads every target once, within the limits. Only the first look at a request is the follower's word about itself.</summary>
    private FetchAnswer Look(List<FetchTarget> targets, FetchRequest request, bool again = false)
    {
        var answer = new FetchAnswer();
        var most = Math.Min(request.MaxBytes, limits.MaxBytes);
        foreach (var target in targets) answer.Partitions.Add(Read(target, answer, most, again));
        return answer;
    }

    /// <summary>A replica that is catching up gets nothing while replication is over its rate; who is in sync is never held up.</summary>
    private bool IsThrottled(FetchTarget target, Partition partition) =>
        target.Query.IsFollower && throttles.Leader.Covers(partition.Id) && throttles.Leader.IsExceeded && !partition.IsInSync(target.Query.ReplicaId);

    private void CountReplication(List<FetchTarget> targets, FetchAnswer answer)
    {
        for (var i = 0; i < targets.Count; i++)
            if (targets[i].Partition is { } partition) throttles.Leader.Record(partition.Id, answer.Partitions[i].Records?.Length ?? 0);
    }

    private PartitionData Read(FetchTarget target, FetchAnswer answer, int most, bool again)
    {
        if (target.Partition is not { } partition) return Failed(target, target.Error, answer);
        try
        {
            var nothing = target.Elsewhere is not null || IsThrottled(target, partition);
            var left = nothing ? 0 : Math.Max(0, most - answer.Bytes);
            var read = partition.Read(target.Query with { IsRepeated = again }, Math.Min(left, target.Asked.PartitionMaxBytes), atLeastOneBatch: answer.Bytes == 0 && !nothing);
            if (read.Error != ErrorCode.None) return Failed(target, read.Error, answer);
            answer.Add(read);
            answer.HasNews |= target.Elsewhere is not null;
            return new PartitionData
            {
                PartitionIndex = target.Asked.Partition,
                HighWatermark = read.HighWatermark,
                LastStableOffset = read.LastStableOffset,
                LogStartOffset = read.LogStartOffset,
                PreferredReadReplica = target.Elsewhere ?? -1,
                DivergingEpoch = read.Diverging is { } at ? new EpochEndOffset { Epoch = at.Epoch, EndOffset = at.EndOffset } : null,
                AbortedTransactions = read.Aborted?.Select(static t => new AbortedTransaction { ProducerId = t.ProducerId, FirstOffset = t.FirstOffset }).ToList(),
                Records = MemoryMarshal.AsMemory(read.Read.Records),
            };
        }
        catch (IOException)
        {
            return Failed(target, ErrorCode.KafkaStorageError, answer);
        }
    }

    private static PartitionData Failed(FetchTarget target, ErrorCode error, FetchAnswer answer)
    {
        answer.HasNews = true;
        return new PartitionData
        {
            PartitionIndex = target.Asked.Partition,
            ErrorCode = error,
            HighWatermark = -1,
            AbortedTransactions = target.Partition is null ? [] : null,
            Records = Memory<byte>.Empty,
        };
    }

    private void AddLeaderHints(FetchResponse response, FetchAnswer answer, List<FetchTarget> targets, RequestContext context)
    {
        var index = 0;
        foreach (var data in answer.Partitions)
        {
            var target = targets[index++];
            if (data.ErrorCode is not (ErrorCode.NotLeaderOrFollower or ErrorCode.FencedLeaderEpoch) || target.TopicName is null) continue;
            if (hosted.LeaderOf(new TopicPartition(target.TopicName, data.PartitionIndex), context.ListenerName) is not { } hint) continue;
            data.CurrentLeader = new LeaderIdAndEpoch { LeaderId = hint.Partition.Leader, LeaderEpoch = hint.Partition.LeaderEpoch };
            if (hint.Endpoint is not { } endpoint || response.NodeEndpoints.Exists(n => n.NodeId == hint.Partition.Leader)) continue;
            response.NodeEndpoints.Add(
                new NodeEndpoint { NodeId = hint.Partition.Leader, Host = endpoint.Host, Port = endpoint.Port, Rack = hint.Leader?.Rack });
        }
    }
}
