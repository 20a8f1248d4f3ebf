namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for the offset of a timestamp, or of one of the special timestamps below zero.</summary>
/// <remarks>
/// -1 is the end, -2 the start, -3 the record with the largest timestamp (version 7), -4 the local start (8), -5 the last tiered
/// offset (9). Versions: 0 a list of offsets; 1 one offset and its timestamp; 2 isolation level; 4 leader epoch; 6 flexible.
/// </remarks>
public sealed class ListOffsetsRequest : IRequest<ListOffsetsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListOffsets;
    public static short MinVersion => 0;
    public static short MaxVersion => 9;
    public static short FlexibleFrom => 6;

    public int ReplicaId;
    public sbyte IsolationLevel;
    public List<ListOffsetsTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ReplicaId);
        if (version >= 2) f.Int8(ref IsolationLevel);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class ListOffsetsTopic : IMessage
    {
        public string Name = "";
        public List<ListOffsetsPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class ListOffsetsPartition : IMessage
    {
        public int PartitionIndex;
        public int CurrentLeaderEpoch = -1;
        public long Timestamp;
        public int MaxNumOffsets = 1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            if (version >= 4) f.Int32(ref CurrentLeaderEpoch);
            f.Int64(ref Timestamp);
            if (version == 0) f.Int32(ref MaxNumOffsets);
            f.Tags();
        }
    }
}

/// <summary>Per partition one offset with its timestamp; in version 0 a list of offsets.</summary>
public sealed class ListOffsetsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<ListOffsetsTopicResponse> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 2) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class ListOffsetsTopicResponse : IMessage
    {
        public string Name = "";
        public List<ListOffsetsPartitionResponse> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class ListOffsetsPartitionResponse : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;
        public List<long> OldStyleOffsets = [];
        public long Timestamp = -1;
        public long Offset = -1;
        public int LeaderEpoch = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
            if (version == 0) f.Int64Array(ref OldStyleOffsets);
            if (version >= 1) f.Int64(ref Timestamp);
            if (version >= 1) f.Int64(ref Offset);
            if (version >= 4) f.Int32(ref LeaderEpoch);
            f.Tags();
        }
    }
}
