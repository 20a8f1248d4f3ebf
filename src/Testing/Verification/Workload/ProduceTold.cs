using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Testing.Verification;

/// <summary>What became of one attempt to write.</summary>
internal enum ProduceOutcome
{
    /// <summary>It is there.</summary>
    Acknowledged,

    /// <summary>It is certainly not there, and never will be by this attempt.</summary>
    Refused,

    /// <summary>It may be there, now or later.</summary>
    Unsure,
}

/// <summary>The answer to one attempt.</summary>
/// <param name="Offset">Of the first record; -1 when unknown.</param>
/// <param name="Why">The error.</param>
internal sealed record ProduceTold(ProduceOutcome Outcome, long Offset, string Why)
{
    /// <summary>True when sending the same again makes no sense.</summary>
    public bool IsFinal { get; init; }

    public static ProduceTold From(ProduceResponse response, TopicPartition partition)
    {
        var answer = response.Responses.SelectMany(topic => topic.PartitionResponses).FirstOrDefault(p => p.Index == partition.Partition);
        if (answer is null) return new ProduceTold(ProduceOutcome.Unsure, -1, "answer lacks the partition");
        return answer.ErrorCode switch
        {
            ErrorCode.None => new ProduceTold(ProduceOutcome.Acknowledged, answer.BaseOffset, ""),
            // Known to be stored by an earlier attempt, too long ago for the broker to know where.
            ErrorCode.DuplicateSequenceNumber => new ProduceTold(ProduceOutcome.Acknowledged, -1, ""),
            // Checked before anything is appended. (NOT_LEADER is not among them: it is also the answer of a leader deposed while it waited.)
            ErrorCode.NotEnoughReplicas or ErrorCode.UnknownTopicOrPartition => new ProduceTold(ProduceOutcome.Refused, -1, answer.ErrorCode.ToString()),
            ErrorCode.OutOfOrderSequenceNumber or ErrorCode.InvalidProducerEpoch or ErrorCode.UnknownProducerId =>
                new ProduceTold(ProduceOutcome.Refused, -1, answer.ErrorCode.ToString()) { IsFinal = true },
            _ => new ProduceTold(ProduceOutcome.Unsure, -1, answer.ErrorCode.ToString()),
        };
    }
}
