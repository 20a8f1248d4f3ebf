namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Adds partitions to an open transaction.</summary>
/// <remarks>Versions: 3 flexible; 4 is spoken among brokers only: several transactions at once, or a check alone (KIP-890).</remarks>
public sealed class AddPartitionsToTxnRequest : IRequest<AddPartitionsToTxnResponse>
{
    public static ApiKey ApiKey => ApiKey.AddPartitionsToTxn;
    public static short MinVersion => 0;
    public static short MaxVersion => 5;
    public static short FlexibleFrom => 3;

    public List<AddPartitionsToTxnTransaction> Transactions = [];
    public string V3AndBelowTransactionalId = "";
    public long V3AndBelowProducerId;
    public short V3AndBelowProducerEpoch;
    public List<AddPartitionsToTxnTopic> V3AndBelowTopics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 4) f.Array(ref Transactions);
        if (version <= 3) f.String(ref V3AndBelowTransactionalId);
        if (version <= 3) f.Int64(ref V3AndBelowProducerId);
        if (version <= 3) f.Int16(ref V3AndBelowProducerEpoch);
        if (version <= 3) f.Array(ref V3AndBelowTopics);
        f.Tags();
    }

    /// <summary>One of <c>Transactions</c>.</summary>
    public sealed class AddPartitionsToTxnTransaction : IMessage
    {
        public string TransactionalId = "";
        public long ProducerId;
        public short ProducerEpoch;
        public bool VerifyOnly;
        public List<AddPartitionsToTxnTopic> Topics = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref TransactionalId);
            f.Int64(ref ProducerId);
            f.Int16(ref ProducerEpoch);
            f.Bool(ref VerifyOnly);
            f.Array(ref Topics);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c> and <c>V3AndBelowTopics</c>.</summary>
    public sealed class AddPartitionsToTxnTopic : IMessage
    {
        public string Name = "";
        public List<int> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int32Array(ref Partitions);
            f.Tags();
        }
    }
}

/// <summary>Per partition whether it now belongs to the transaction. From version 4 on grouped by transactional id.</summary>
public sealed class AddPartitionsToTxnResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<AddPartitionsToTxnResult> ResultsByTransaction = [];
    public List<AddPartitionsToTxnTopicResult> ResultsByTopicV3AndBelow = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        if (version >= 4) f.Error(ref ErrorCode);
        if (version >= 4) f.Array(ref ResultsByTransaction);
        if (version <= 3) f.Array(ref ResultsByTopicV3AndBelow);
        f.Tags();
    }

    /// <summary>One of <c>ResultsByTransaction</c>.</summary>
    public sealed class AddPartitionsToTxnResult : IMessage
    {
        public string TransactionalId = "";
        public List<AddPartitionsToTxnTopicResult> TopicResults = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref TransactionalId);
            f.Array(ref TopicResults);
            f.Tags();
        }
    }

    /// <summary>One of <c>TopicResults</c> and <c>ResultsByTopicV3AndBelow</c>.</summary>
    public sealed class AddPartitionsToTxnTopicResult : IMessage
    {
        public string Name = "";
        public List<AddPartitionsToTxnPartitionResult> ResultsByPartition = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref ResultsByPartition);
            f.Tags();
        }
    }

    /// <summary>One of <c>ResultsByPartition</c>.</summary>
    public sealed class AddPartitionsToTxnPartitionResult : IMessage
    {
        public int PartitionIndex;
        public ErrorCode PartitionErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref PartitionErrorCode);
            f.Tags();
        }
    }
}
