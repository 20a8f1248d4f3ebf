using System.Runtime.InteropServices;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Clients.Protocol.Messages.FetchResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>The parts of a broker's configuration a fetch depends on.</summary>
/// <param name="MaxBytes"><c>fetch.max.bytes</c>: no answer holds more, its first batch apart.</param>
/// <param name="InterBrokerListener">Where followers fetch; a client that calls itself a replica elsewhere is refused (CVE-2018-1288).</param>
public sealed record FetchLimits(int MaxBytes, string InterBrokerListener);

/// <summary>
/// Fetch: consumers and followers alike. Looks once; when there is too little and nothing to report, parks until a partition moves, the time is up, or another
/// request comes behind it, and looks again. The first batch found is always sent, however large, so no record can block a reader. Record bytes are leased from
/// the log until they are sent. Fetch sessions are not kept: every request is full, which the answer's session id 0 tells the client.
/// </summary>
public sealed class FetchHandler(HostedPartitions hosted, FetchLimits limits, TimeProvider time) : RequestHandler<FetchRequest, FetchResponse>
{
    /// <summary>Versions before 4 want the old message formats.</summary>
    public override short MinVersion => 4;

    public override async ValueTask<HandlerResult<FetchResponse>> HandleAsync(FetchRequest request, RequestContext context)
    {
        // Positive epochs continue a session; we never gave one out.
        if (request.SessionEpoch > 0) return new FetchResponse { ErrorCode = ErrorCode.FetchSessionIdNotFound };
        var replicaId = context.ApiVersion >= 15 ? request.ReplicaState?.ReplicaId ?? -1 : request.ReplicaId;
        if (replicaId >= 0 && !string.Equals(context.ListenerName, limits.InterBrokerListener, StringComparison.OrdinalIgnoreCase))
            return new FetchResponse { ErrorCode = ErrorCode.ClusterAuthorizationFailed };

        var targets = Targets(request, context, replicaId);
        var answer = Look(targets, request);
        if (!answer.IsDue(request)) answer = await ParkAsync(targets, request, context, answer);
        if (context.ApiVersion >= 16) AddLeaderHints(answer.Response, targets, context);
        return new HandlerResult<FetchResponse>(answer.Response, answer.Leases);
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
                answer = Look(targets, request);
                if (answer.IsDue(request)) return answer;
                moved = await watch.WaitAsync();
            }
            while (moved);
            answer.Leases.Dispose();
            return Look(targets, request);
        }
        finally
        {
            foreach (var target in targets) target.Partition?.Unsubscribe(watch, target.Awaits);
        }
    }

    private static void EndWhenAnotherRequestArrives(Task arrived, ProgressWatch watch) =>
        arrived.GetAwaiter().OnCompleted(watch.End);

    private List<FetchTarget> Targets(FetchRequest request, RequestContext context, int replicaId)
    {
        var targets = new List<FetchTarget>();
        foreach (var topic in request.Topics)
        {
            foreach (var asked in topic.Partitions)
            {
                var name = (string?)topic.Topic;
                var partition = context.ApiVersion >= 13
                    ? hosted.Find(topic.TopicId, asked.Partition, out name, out var error)
                    : hosted.Find(new TopicPartition(topic.Topic, asked.Partition), out error);
                var query = new ReadQuery
                {
                    ReplicaId = replicaId,
                    ReplicaEpoch = request.ReplicaState?.ReplicaEpoch ?? FollowerProgress.NoBrokerEpoch,
                    FetchOffset = asked.FetchOffset,
                    CurrentLeaderEpoch = asked.CurrentLeaderEpoch,
                    LastFetchedEpoch = asked.LastFetchedEpoch,
                    FollowerLogStart = asked.LogStartOffset,
                    FollowersMayServe = context.ApiVersion >= 11,
                    ReadCommitted = request.IsolationLevel == ReadQuery.CommittedOnly && replicaId < 0,
                };
                targets.Add(new FetchTarget(topic, name, partition, error, query, asked));
            }
        }
        return targets;
    }

    /// <summary>Reads every target once, within the limits.</summary>
    private FetchAnswer Look(List<FetchTarget> targets, FetchRequest request)
    {
        var answer = new FetchAnswer();
        var most = Math.Min(request.MaxBytes, limits.MaxBytes);
        FetchableTopicResponse? topic = null;
        FetchRequest.FetchTopic? of = null;
        foreach (var target in targets)
        {
            if (topic is null || !ReferenceEquals(of, target.Topic))
            {
                of = target.Topic;
                topic = new FetchableTopicResponse { Topic = of.Topic, TopicId = of.TopicId };
                answer.Response.Responses.Add(topic);
            }
            topic.Partitions.Add(Read(target, answer, most));
        }
        return answer;
    }

    private static PartitionData Read(FetchTarget target, FetchAnswer answer, int most)
    {
        if (target.Partition is not { } partition) return Failed(target, target.Error, answer);
        try
        {
            var left = Math.Max(0, most - answer.Bytes);
            var read = partition.Read(target.Query, Math.Min(left, target.Asked.PartitionMaxBytes), atLeastOneBatch: answer.Bytes == 0);
            if (read.Error != ErrorCode.None) return Failed(target, read.Error, answer);
            answer.Add(read);
            return new PartitionData
            {
                PartitionIndex = target.Asked.Partition,
                HighWatermark = read.HighWatermark,
                LastStableOffset = read.LastStableOffset,
                LogStartOffset = read.LogStartOffset,
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

    private void AddLeaderHints(FetchResponse response, List<FetchTarget> targets, RequestContext context)
    {
        var index = 0;
        foreach (var data in response.Responses.SelectMany(static topic => topic.Partitions))
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
