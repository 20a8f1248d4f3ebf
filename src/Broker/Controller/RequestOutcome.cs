using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Controller;

/// <summary>What became of one partition somebody asked about, in the words of the answer.</summary>
public readonly record struct RequestOutcome(ErrorCode Error, string? Message = null)
{
    public static readonly RequestOutcome Done = new(ErrorCode.None);
}

/// <summary>A partition as it is being reassigned.</summary>
public sealed record OngoingReassignment(TopicPartition Partition, int[] Replicas, int[] Adding, int[] Removing);
