namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks a coordinator for committed offsets.</summary>
/// <remarks>
/// Versions: 2 null topics means all; 6 flexible; 7 may wait for open transactions (KIP-447); 8 several groups; 9 member of the new
/// group protocol.
/// </remarks>
public sealed class OffsetFetchRequest : IRequest<OffsetFetchResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetFetch;
    public static short MinVersion => 0;
    public static short MaxVersion => 9;
    public static short FlexibleFrom => 6;

    public string GroupId = "";
    public List<OffsetFetchRequestTopic>? Topics = [];
    public List<OffsetFetchRequestGroup> Groups = [];
    public bool RequireStable;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version <= 7) f.String(ref GroupId);
        if (version is >= 2 and <= 7) f.NullableArray(ref Topics);
        else if (version <= 1) f.Array(ref Topics!);
        if (version >= 8) f.Array(ref Groups);
        if (version >= 7) f.Bool(ref RequireStable);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetFetchRequestTopic : IMessage
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

    /// <summary>One of <c>Groups</c>.</summary>
    public sealed class OffsetFetchRequestGroup : IMessage
    {
        public string GroupId = "";
        public string? MemberId;
        public int MemberEpoch = -1;
        public List<OffsetFetchRequestTopics>? Topics = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref GroupId);
            if (version >= 9) f.NullableString(ref MemberId);
            if (version >= 9) f.Int32(ref MemberEpoch);
            f.NullableArray(ref Topics);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetFetchRequestTopics : IMessage
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

/// <summary>Committed offsets; -1 where there is none. Versions: 2 an error for the group; 5 leader epoch; 8 groups.</summary>
public sealed class OffsetFetchResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<OffsetFetchResponseTopic> Topics = [];
    public ErrorCode ErrorCode;
    public List<OffsetFetchResponseGroup> Groups = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 3) f.Int32(ref ThrottleTimeMs);
        if (version <= 7) f.Array(ref Topics);
        if (version is >= 2 and <= 7) f.Error(ref ErrorCode);
        if (version >= 8) f.Array(ref Groups);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetFetchResponseTopic : IMessage
    {
        public string Name = "";
        public List<OffsetFetchResponsePartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetFetchResponsePartition : IMessage
    {
        public int PartitionIndex;
        public long CommittedOffset;
        public int CommittedLeaderEpoch = -1;
        public string? Metadata = "";
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref CommittedOffset);
            if (version >= 5) f.Int32(ref CommittedLeaderEpoch);
            f.NullableString(ref Metadata);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }

    /// <summary>One of <c>Groups</c>.</summary>
    public sealed class OffsetFetchResponseGroup : IMessage
    {
        public string GroupId = "";
        public List<OffsetFetchResponseTopics> Topics = [];
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref GroupId);
            f.Array(ref Topics);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetFetchResponseTopics : IMessage
    {
        public string Name = "";
        public List<OffsetFetchResponsePartitions> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetFetchResponsePartitions : IMessage
    {
        public int PartitionIndex;
        public long CommittedOffset;
        public int CommittedLeaderEpoch = -1;
        public string? Metadata = "";
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref CommittedOffset);
            f.Int32(ref CommittedLeaderEpoch);
            f.NullableString(ref Metadata);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }
}
