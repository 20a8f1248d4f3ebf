using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Clients.Protocol.Messages.ProduceResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Produce: appends to every partition named, in the order received and before the first await, so that requests of one connection keep their order; then, for
/// acks=all, waits until all of it is committed. Each partition has its own result. With acks=0 there is no answer, and the only way to tell
/// of an error is to close the connection. Before an answer that says "stored" leaves, the leadership is confirmed once more: this broker may have
/// been stopped for a minute between the append and now; and again right before the bytes are sent (<see cref="IAnswerFence"/>).
/// </summary>
public sealed class ProduceHandler(HostedPartitions hosted) : RequestHandler<ProduceRequest, ProduceResponse>
{
    private const short AllInSync = -1, NoAnswer = 0, LeaderOnly = 1;

    /// <summary>Versions before 3 carry the old message formats.</summary>
    public override short MinVersion => 3;

    /// <summary>librdkafka concludes from Produce 0 that the broker is a broker.</summary>
    public override short AdvertisedMinVersion => 0;

    public override async ValueTask<HandlerResult<ProduceResponse>> HandleAsync(ProduceRequest request, RequestContext context)
    {
        var response = new ProduceResponse();
        var stored = AppendAll(request, context, response);
        if (request.Acks == NoAnswer) return new HandlerResult<ProduceResponse>(null, CloseConnection: AnyError(response));

        if (request.Acks == AllInSync) await WaitForCommitAsync(stored, TimeSpan.FromMilliseconds(request.TimeoutMs));
        foreach (var append in stored)
            if (append.Answer.ErrorCode == ErrorCode.None && !append.Partition.StillLeads(append.Outcome)) Refuse(append.Answer, ErrorCode.NotLeaderOrFollower);
        if (context.ApiVersion >= 10) AddLeaderHints(response, context);
        return new HandlerResult<ProduceResponse>(response, Fence: stored);
    }

    private StoredAppends AppendAll(ProduceRequest request, RequestContext context, ProduceResponse response)
    {
        var stored = new StoredAppends();
        foreach (var topic in request.TopicData)
        {
            var topicAnswer = new TopicProduceResponse { Name = topic.Name };
            response.Responses.Add(topicAnswer);
            foreach (var data in topic.PartitionData)
            {
                var answer = new PartitionProduceResponse { Index = data.Index };
                topicAnswer.PartitionResponses.Add(answer);
                Append(new TopicPartition(topic.Name, data.Index), data.Records, request, context, answer, stored);
            }
        }
        return stored;
    }

    private void Append(TopicPartition id, Memory<byte>? records, ProduceRequest request, RequestContext context,
        PartitionProduceResponse answer, StoredAppends stored)
    {
        var partition = hosted.Find(id, out var error);
        if (error == ErrorCode.UnknownTopicOrPartition) Refuse(answer, error);
        else if (ProducedRecords.Check(records, request.TransactionalId, context.ApiVersion, out var why) is var bad && bad != ErrorCode.None)
            Refuse(answer, bad, why);
        else if (request.Acks is not (AllInSync or NoAnswer or LeaderOnly)) Refuse(answer, ErrorCode.InvalidRequiredAcks);
        else if (TopicNames.IsInternal(id.Topic) && context.ClientId != "__admin_client") Refuse(answer, ErrorCode.InvalidTopicException);
        else if (partition is null) Refuse(answer, error);
        else AppendTo(partition, records!.Value, request.Acks, context, answer, stored);
    }

    private static void AppendTo(Partition partition, Memory<byte> records, short acks, RequestContext context,
        PartitionProduceResponse answer, StoredAppends stored)
    {
        try
        {
            var outcome = partition.AppendAsLeader(records, AppendRules.FromClient(context.ApiVersion), acks == AllInSync);
            if (outcome.Error != ErrorCode.None)
            {
                Refuse(answer, outcome.Error);
                return;
            }
            answer.BaseOffset = outcome.Append.FirstOffset;
            answer.LogAppendTimeMs = outcome.Append.LogAppendTimeMs;
            answer.LogStartOffset = outcome.Append.LogStartOffset;
            stored.Add(new Stored(partition, outcome, answer));
        }
        catch (LogAppendException refused)
        {
            Refuse(answer, refused.Code, refused.RecordErrors.Count > 0 ? refused.Message : null);
            if (ProducedRecords.ShowsLogStart(refused.Code)) answer.LogStartOffset = partition.LogStartOffset;
            answer.RecordErrors = [.. refused.RecordErrors.Select(e => new BatchIndexAndErrorMessage { BatchIndex = e.Index, BatchIndexErrorMessage = e.Message })];
        }
        catch (IOException)
        {
            // The partition's log has said what happened to the log file and is offline from now on.
            Refuse(answer, ErrorCode.KafkaStorageError);
        }
    }

    private static async ValueTask WaitForCommitAsync(List<Stored> stored, TimeSpan timeout)
    {
        // All waits begin before the first is awaited: the time-out is the request's, not each partition's in turn.
        var waits = stored.ConvertAll(append => append.Partition.WaitForCommitAsync(append.Outcome, timeout));
        for (var i = 0; i < waits.Count; i++)
        {
            var result = await waits[i];
            if (result != ErrorCode.None) Refuse(stored[i].Answer, result);
        }
    }

    private void AddLeaderHints(ProduceResponse response, RequestContext context)
    {
        foreach (var topic in response.Responses)
        {
            foreach (var answer in topic.PartitionResponses)
            {
                if (answer.ErrorCode != ErrorCode.NotLeaderOrFollower) continue;
                if (hosted.LeaderOf(new TopicPartition(topic.Name, answer.Index), context.ListenerName) is not { } hint) continue;
                answer.CurrentLeader = new LeaderIdAndEpoch { LeaderId = hint.Partition.Leader, LeaderEpoch = hint.Partition.LeaderEpoch };
                if (hint.Endpoint is not { } endpoint || response.NodeEndpoints.Exists(n => n.NodeId == hint.Partition.Leader)) continue;
                response.NodeEndpoints.Add(
                    new NodeEndpoint { NodeId = hint.Partition.Leader, Host = endpoint.Host, Port = endpoint.Port, Rack = hint.Leader?.Rack });
            }
        }
    }

    private static void Refuse(PartitionProduceResponse answer, ErrorCode error, string? why = null)
    {
        answer.ErrorCode = error;
        answer.ErrorMessage = why;
        answer.BaseOffset = -1;
        answer.LogAppendTimeMs = -1;
        answer.LogStartOffset = -1;
    }

    private static bool AnyError(ProduceResponse response) =>
        response.Responses.Exists(static topic => topic.PartitionResponses.Exists(static answer => answer.ErrorCode != ErrorCode.None));

    /// <summary>What this request stored and says so: true as long as this broker leads what it led.</summary>
    private sealed class StoredAppends : List<Stored>, IAnswerFence
    {
        public bool Holds => TrueForAll(static append => append.Answer.ErrorCode != ErrorCode.None || append.Partition.StillLeads(append.Outcome));
    }

    private sealed record Stored(Partition Partition, AppendOutcome Outcome, PartitionProduceResponse Answer);
}
