namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks coordinators for the state of transactions (KIP-664).</summary>
public sealed class DescribeTransactionsRequest : IRequest<DescribeTransactionsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeTransactions;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => 0;

    public List<string> TransactionalIds = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.StringArray(ref TransactionalIds);
        f.Tags();
    }
}

/// <summary>State, producer and partitions of each transaction.</summary>
public sealed class DescribeTransactionsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<TransactionDescription> TransactionStates = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref TransactionStates);
        f.Tags();
    }

    /// <summary>One of <c>TransactionStates</c>.</summary>
    public sealed class TransactionDescription : IMessage
    {
        public ErrorCode ErrorCode;
        public string TransactionalId = "";
        public string TransactionState = "";
        public int TransactionTimeoutMs;
        public long TransactionStartTimeMs;
        public long ProducerId;
        public short ProducerEpoch;
        public List<TopicData> Topics = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.String(ref TransactionalId);
            f.String(ref TransactionState);
            f.Int32(ref TransactionTimeoutMs);
            f.Int64(ref TransactionStartTimeMs);
            f.Int64(ref ProducerId);
            f.Int16(ref ProducerEpoch);
            f.Array(ref Topics);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class TopicData : IMessage
    {
        public string Topic = "";
        public List<int> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Topic);
            f.Int32Array(ref Partitions);
            f.Tags();
        }
    }
}
