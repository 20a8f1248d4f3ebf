namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks a leader for the producers active on its partitions (KIP-664).</summary>
public sealed class DescribeProducersRequest : IRequest<DescribeProducersResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeProducers;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => 0;

    public List<TopicRequest> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class TopicRequest : IMessage
    {
        public string Name = "";
        public List<int> PartitionIndexes = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int32Array(ref PartitionIndexes);
            f.Tags();
        }
    }
}

/// <summary>Producer id, epoch, last sequence and open transaction of each.</summary>
public sealed class DescribeProducersResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<TopicResponse> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class TopicResponse : IMessage
    {
        public string Name = "";
        public List<PartitionResponse> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class PartitionResponse : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;
        public string? ErrorMessage;
        public List<ProducerState> ActiveProducers = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Array(ref ActiveProducers);
            f.Tags();
        }
    }

    /// <summary>One of <c>ActiveProducers</c>.</summary>
    public sealed class ProducerState : IMessage
    {
        public long ProducerId;
        public int ProducerEpoch;
        public int LastSequence = -1;
        public long LastTimestamp = -1;
        public int CoordinatorEpoch;
        public long CurrentTxnStartOffset = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int64(ref ProducerId);
            f.Int32(ref ProducerEpoch);
            f.Int32(ref LastSequence);
            f.Int64(ref LastTimestamp);
            f.Int32(ref CoordinatorEpoch);
            f.Int64(ref CurrentTxnStartOffset);
            f.Tags();
        }
    }
}
