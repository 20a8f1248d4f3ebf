using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using static ClassicBroker.Clients.Protocol.Messages.DeleteRecordsResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// DeleteRecords: the leader of each partition moves its log start, and the answer waits until every live replica has done the same, or until the
/// request's time is over (REQUEST_TIMED_OUT; the records are deleted all the same). The low watermark answered is the lowest log start of them.
/// </summary>
public sealed class DeleteRecordsHandler(HostedPartitions hosted, MetadataCache metadata, TimeProvider time) : RequestHandler<DeleteRecordsRequest, DeleteRecordsResponse>
{
    private const long NoLowWatermark = -1;

    public override async ValueTask<HandlerResult<DeleteRecordsResponse>> HandleAsync(DeleteRecordsRequest request, RequestContext context)
    {
        var response = new DeleteRecordsResponse();
        var moved = new List<Moved>();
        foreach (var topic in request.Topics)
        {
            var answer = new DeleteRecordsTopicResult { Name = topic.Name };
            response.Topics.Add(answer);
            foreach (var asked in topic.Partitions)
                answer.Partitions.Add(Delete(new TopicPartition(topic.Name, asked.PartitionIndex), asked.Offset, moved));
        }
        await WaitAsync(moved, TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 0)), context.Aborted);
        return response;
    }

    private DeleteRecordsPartitionResult Delete(TopicPartition id, long offset, List<Moved> moved)
    {
        var answer = new DeleteRecordsPartitionResult { PartitionIndex = id.Partition, LowWatermark = NoLowWatermark };
        var partition = hosted.Find(id, out var error);
        if (TopicNames.IsInternal(id.Topic)) answer.ErrorCode = ErrorCode.InvalidTopicException;
        else if (partition is null) answer.ErrorCode = error;
        else
        {
            try
            {
                (answer.ErrorCode, var target) = partition.DeleteRecordsBefore(offset);
                if (answer.ErrorCode == ErrorCode.None) moved.Add(new Moved(partition, target, answer));
            }
            catch (IOException)
            {
                answer.ErrorCode = ErrorCode.KafkaStorageError;
            }
        }
        return answer;
    }

    private async Task WaitAsync(List<Moved> moved, TimeSpan timeout, CancellationToken aborted)
    {
        using var watch = new ProgressWatch(timeout, time);
        using var gone = aborted.Register(static w => ((ProgressWatch)w!).End(), watch);
        foreach (var one in moved) one.Partition.Subscribe(watch, ProgressKind.LogStart);
        try
        {
            var waiting = new List<Moved>(moved);
            do waiting.RemoveAll(IsSettled);
            while (waiting.Count > 0 && await watch.WaitAsync());
            foreach (var late in waiting) late.Answer.ErrorCode = ErrorCode.RequestTimedOut;
        }
        finally
        {
            foreach (var one in moved) one.Partition.Unsubscribe(watch, ProgressKind.LogStart);
        }
    }

    private bool IsSettled(Moved one)
    {
        if (one.Partition.LowWatermark(metadata.Current.Brokers.ContainsKey) is not { } low)
        {
            (one.Answer.ErrorCode, one.Answer.LowWatermark) = (ErrorCode.NotLeaderOrFollower, NoLowWatermark);
            return true;
        }
        one.Answer.LowWatermark = low;
        return low >= one.Target;
    }

    private sealed record Moved(Partition Partition, long Target, DeleteRecordsPartitionResult Answer);
}
