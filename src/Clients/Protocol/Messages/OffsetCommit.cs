namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Stores the offsets of a consumer group at its coordinator.</summary>
/// <remarks>Versions: 1 generation and member; 2 to 4 retention time; 6 leader epoch; 7 static members (KIP-345); 8 flexible.</remarks>
public sealed class OffsetCommitRequest : IRequest<OffsetCommitResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetCommit;
    public static short MinVersion => 0;
    public static short MaxVersion => 9;
    public static short FlexibleFrom => 8;

    public string GroupId = "";
    public int GenerationIdOrMemberEpoch = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public long RetentionTimeMs = -1;
    public List<OffsetCommitRequestTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref GroupId);
        if (version >= 1) f.Int32(ref GenerationIdOrMemberEpoch);
        if (version >= 1) f.String(ref MemberId);
        if (version >= 7) f.NullableString(ref GroupInstanceId);
        if (version is >= 2 and <= 4) f.Int64(ref RetentionTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetCommitRequestTopic : IMessage
    {
        public string Name = "";
        public List<OffsetCommitRequestPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetCommitRequestPartition : IMessage
    {
        public int PartitionIndex;
        public long CommittedOffset;
        public int CommittedLeaderEpoch = -1;
        public long CommitTimestamp = -1;
        public string? CommittedMetadata = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref CommittedOffset);
            if (version >= 6) f.Int32(ref CommittedLeaderEpoch);
            if (version == 1) f.Int64(ref CommitTimestamp);
            f.NullableString(ref CommittedMetadata);
            f.Tags();
        }
    }
}

/// <summary>Per partition whether the offset was stored.</summary>
public sealed class OffsetCommitResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<OffsetCommitResponseTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 3) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetCommitResponseTopic : IMessage
    {
        public string Name = "";
        public List<OffsetCommitResponsePartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetCommitResponsePartition : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }
}
