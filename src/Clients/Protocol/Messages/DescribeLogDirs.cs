namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for the sizes of replicas by log directory; null topics means all.</summary>
/// <remarks>Version 2 is flexible.</remarks>
public sealed class DescribeLogDirsRequest : IRequest<DescribeLogDirsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeLogDirs;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 2;

    public List<DescribableLogDirTopic>? Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.NullableArray(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class DescribableLogDirTopic : IMessage
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

/// <summary>Per directory its replicas. Versions: 3 an error for the whole; 4 total and usable bytes.</summary>
public sealed class DescribeLogDirsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<DescribeLogDirsResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        if (version >= 3) f.Error(ref ErrorCode);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class DescribeLogDirsResult : IMessage
    {
        public ErrorCode ErrorCode;
        public string LogDir = "";
        public List<DescribeLogDirsTopic> Topics = [];
        public long TotalBytes = -1;
        public long UsableBytes = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.String(ref LogDir);
            f.Array(ref Topics);
            if (version >= 4) f.Int64(ref TotalBytes);
            if (version >= 4) f.Int64(ref UsableBytes);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class DescribeLogDirsTopic : IMessage
    {
        public string Name = "";
        public List<DescribeLogDirsPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class DescribeLogDirsPartition : IMessage
    {
        public int PartitionIndex;
        public long PartitionSize;
        public long OffsetLag;
        public bool IsFutureKey;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref PartitionSize);
            f.Int64(ref OffsetLag);
            f.Bool(ref IsFutureKey);
            f.Tags();
        }
    }
}
