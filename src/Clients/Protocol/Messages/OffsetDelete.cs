namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Deletes committed offsets of a group (KIP-496). Never flexible.</summary>
public sealed class OffsetDeleteRequest : IRequest<OffsetDeleteResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetDelete;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => ApiKeyTable.NeverFlexible;

    public string GroupId = "";
    public List<OffsetDeleteRequestTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref GroupId);
        f.Array(ref Topics);
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetDeleteRequestTopic : IMessage
    {
        public string Name = "";
        public List<OffsetDeleteRequestPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetDeleteRequestPartition : IMessage
    {
        public int PartitionIndex;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
        }
    }
}

/// <summary>One result per partition.</summary>
public sealed class OffsetDeleteResponse : IMessage
{
    public ErrorCode ErrorCode;
    public int ThrottleTimeMs;
    public List<OffsetDeleteResponseTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Error(ref ErrorCode);
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetDeleteResponseTopic : IMessage
    {
        public string Name = "";
        public List<OffsetDeleteResponsePartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetDeleteResponsePartition : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
        }
    }
}
