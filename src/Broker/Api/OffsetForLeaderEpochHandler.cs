using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using static ClassicBroker.Clients.Protocol.Messages.OffsetForLeaderEpochResponse;

namespace ClassicBroker.Broker.Api;

/// <summary>OffsetForLeaderEpoch: where an epoch ended in the leader's log, so that a reader finds where its history departs from ours (KIP-101, KIP-320).</summary>
public sealed class OffsetForLeaderEpochHandler(HostedPartitions hosted) : RequestHandler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>
{
    /// <summary>Version 2 brought the asker's current leader epoch, without which the answer cannot be fenced.</summary>
    public override short MinVersion => 2;

    public override ValueTask<HandlerResult<OffsetForLeaderEpochResponse>> HandleAsync(OffsetForLeaderEpochRequest request, RequestContext context)
    {
        var response = new OffsetForLeaderEpochResponse();
        foreach (var topic in request.Topics)
        {
            var answer = new OffsetForLeaderTopicResult { Topic = topic.Topic };
            answer.Partitions.AddRange(topic.Partitions.Select(asked => EndOf(topic.Topic, asked)));
            response.Topics.Add(answer);
        }
        return ValueTask.FromResult<HandlerResult<OffsetForLeaderEpochResponse>>(response);
    }

    private EpochEndOffset EndOf(string topic, OffsetForLeaderEpochRequest.OffsetForLeaderPartition asked)
    {
        var partition = hosted.Find(new TopicPartition(topic, asked.Partition), out var error);
        var (epoch, end) = (-1, -1L);
        if (partition is not null) (error, epoch, end) = partition.EndOffsetForEpoch(asked.LeaderEpoch, new LeaderEpoch(asked.CurrentLeaderEpoch));
        return new EpochEndOffset { Partition = asked.Partition, ErrorCode = error, LeaderEpoch = epoch, EndOffset = end };
    }
}
