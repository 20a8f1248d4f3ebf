namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Moves the log start offset of partitions up.</summary>
/// <remarks>Offset -1 stands for the high watermark. Version 2 is flexible.</remarks>
public sealed class DeleteRecordsRequest : IRequest<DeleteRecordsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteRecords;
    public static short MinVersion => 0;
    public static short MaxVersion => 2;
    public static short FlexibleFrom => 2;

    public List<DeleteRecordsTopic> Topics = [];
    public int TimeoutMs;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Topics);
        f.Int32(ref TimeoutMs);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class DeleteRecordsTopic : IMessage
    {
        public string Name = "";
        public List<DeleteRecordsPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class DeleteRecordsPartition : IMessage
    {
        public int PartitionIndex;
        public long Offset;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref Offset);
            f.Tags();
        }
    }
}

/// <summary>The new low watermark of each partition.</summary>
public sealed class DeleteRecordsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<DeleteRecordsTopicResult> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class DeleteRecordsTopicResult : IMessage
    {
        public string Name = "";
        public List<DeleteRecordsPartitionResult> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class DeleteRecordsPartitionResult : IMessage
    {
        public int PartitionIndex;
        public long LowWatermark;
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref LowWatermark);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }
}
